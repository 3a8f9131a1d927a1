"""Our values as the documents that a keeper understands, and back."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from ecluse.model.app import Process
from ecluse.model.holder import Holder
from ecluse.model.ids import DeploymentId, ReleaseId, Version
from ecluse.model.observed import (
    Counters,
    Finished,
    Held,
    LeaseSeen,
    Observed,
    OpenDeployment,
    ProcessSeen,
    ServiceSeen,
    SlotSeen,
    SlotState,
)
from ecluse.model.platform import HostPlatform, numbers
from ecluse.model.service import Service
from ecluse.model.slot import Slot
from ecluse.ports.services import Programs
from ecluse.ports.target import Answered, Lines, LogLine, Running

Document = Mapping[str, Any]


def running(wanted: Running, python: str) -> dict[str, Any]:
    """What a keeper needs to run a release; `python` is the `X.Y` of its wheelhouse, or empty."""
    return {
        "release": {
            "id": wanted.release.id,
            "version": wanted.release.version,
            "commit": wanted.release.commit,
        },
        "app": wanted.app,
        "environment": wanted.environment.name,
        "address": wanted.environment.address,
        "port": wanted.environment.port,
        "stamp": wanted.environment.stamp,
        "env": dict(wanted.env),
        "secrets": dict(wanted.secrets),
        "state": list(wanted.state),
        "services": [{"name": service.name, "env": dict(service.env)} for service in wanted.services],
        "python": python,
        "commands": [list(argv) for argv in wanted.commands],
        "processes": [_process(process) for process in wanted.processes],
        "health": _health(wanted),
    }


def service(wanted: Service, programs: Programs) -> dict[str, Any]:
    """What a keeper needs to run a service."""
    return {
        "name": wanted.name,
        "kind": wanted.kind.value,
        "programs": str(programs.folder),
        "version": programs.version,
        "asks": wanted.asks,
    }


def _health(wanted: Running) -> dict[str, Any] | None:
    """By which the keeper proves, without a deployer, that a release is fit to get its traffic back."""
    health = next((process.health for process in wanted.processes if process.is_web), None)
    if health is None:
        return None
    body = health.body.format(version=wanted.release.version, commit=wanted.release.commit)
    return {
        "path": health.path,
        "host": health.host,
        "statuses": list(health.status),
        "body": body,
        "seconds": health.patience.total_seconds(),
    }


def _process(process: Process) -> dict[str, Any]:
    return {
        "name": process.name,
        "web": process.is_web,
        "interface": process.interface.value,
        "server": process.server.value,
        "app": process.app,
        "command": list(process.command),
        "listen": process.listen.value if process.listen else None,
        "count": process.count,
        "threads": process.threads,
        "folder": process.folder,
        "static": dict(process.static),
        "stop_signal": process.stop_signal,
        "drain": process.drain.total_seconds(),
        "keep_alive": process.keep_alive.total_seconds(),
        "env": dict(process.env),
        "limits": asdict(process.limits),
        "enabled": process.enabled,
    }


def observed(seen: Document) -> Observed:
    return Observed(
        at=_time(seen["at"]),
        url=seen["url"],
        slots=tuple(_slot(slot) for slot in seen["slots"]),
        serving=Slot(seen["serving"]) if seen["serving"] else None,
        generation=seen["generation"],
        lease=lease(seen["lease"]) if seen["lease"] else None,
        open=_open(seen["open"]) if seen["open"] else None,
        finished=tuple(_finished(ended) for ended in seen["finished"]),
        drained_by=DeploymentId(seen["drained_by"]) if seen.get("drained_by") else None,  # an older keeper doesn't say
        routing=seen["routing"],
        keeper_pid=seen["keeper_pid"],
        keeper_version=seen["keeper_version"],
        warnings=tuple(seen["warnings"]),
        services=tuple(_service_seen(service) for service in seen.get("services", ())),
    )


def _slot(seen: Document) -> SlotSeen:
    return SlotSeen(
        slot=Slot(seen["slot"]),
        state=SlotState(seen["state"]),
        release=ReleaseId(seen["release"]) if seen["release"] else None,
        version=Version(seen["version"]) if seen["version"] else None,
        weight=seen["weight"],
        processes=tuple(_process_seen(process) for process in seen["processes"]),
        counters=_counters(seen["counters"]),
        guarantees=tuple(seen["guarantees"]),
        warm_until=_time(seen["warm_until"]) if seen["warm_until"] else None,
    )


def _process_seen(seen: Document) -> ProcessSeen:
    return ProcessSeen(
        name=seen["name"],
        pid=seen["pid"],
        state=seen["state"],
        restarts=seen["restarts"],
        started_at=_time(seen["started_at"]) if seen["started_at"] else None,
        last_exit=seen["last_exit"],
        log_tail=tuple(seen["log_tail"]),
    )


def _service_seen(seen: Document) -> ServiceSeen:
    started = _time(seen["started_at"]) if seen["started_at"] else None
    return ServiceSeen(**{**seen, "started_at": started, "log_tail": tuple(seen["log_tail"])})


def _counters(seen: Document) -> Counters:
    return Counters(**{**seen, "buckets": tuple(seen["buckets"])})


def lease(seen: Document) -> LeaseSeen:
    return LeaseSeen(
        holder=_holder(seen["holder"]),
        generation=seen["generation"],
        age=seen["age"],
        left=seen["left"],
        gone=bool(seen.get("gone")),  # an older keeper doesn't say
    )


def _holder(seen: Document) -> Holder:
    return Holder(id=seen["id"], host=seen["host"], pid=seen["pid"], user=seen["user"], command=seen["command"])


def _open(seen: Document) -> OpenDeployment:
    return OpenDeployment(
        id=DeploymentId(seen["id"]),
        release=ReleaseId(seen["release"]),
        version=Version(seen["version"]),
        slot=Slot(seen["slot"]),
        previous=Slot(seen["previous"]) if seen["previous"] else None,
        generation=seen["generation"],
        last_move=seen["last_move"],
        verb=seen.get("verb") or "deploy",  # an older keeper's journal has none
        done=bool(seen["done"]),
        made=tuple(seen["made"]),
        decided=bool(seen["decided"]),
        held=_held(seen["held"]) if seen["held"] else None,
    )


def _held(seen: Document) -> Held:
    return Held(left=tuple(seen["left"]))


def _finished(seen: Document) -> Finished:
    return Finished(id=DeploymentId(seen["id"]), outcome=seen["outcome"], why=seen["why"], at=_time(seen["at"]))


def platform(told: Document) -> HostPlatform:
    return HostPlatform(
        pythons=tuple(told["pythons"]), machine=told["machine"], libc=told["libc"], release=numbers(told["release"])
    )


def answered(answer: Document) -> Answered:
    return Answered(
        status=answer["status"],
        headers=answer["headers"],
        body=base64.b64decode(answer["body"]),
        seconds=answer["seconds"],
        why=answer["why"],
    )


def lines(of: Lines) -> dict[str, Any]:
    return {
        "process": of.process,
        "releases": None if of.releases is None else list(of.releases),
        "slot": of.slot.value if of.slot else None,
        "ago": of.ago.total_seconds() if of.ago is not None else None,
    }


def lines_options(of: Lines) -> list[str]:
    """The same for the keeper's program, where no keeper is there to be asked."""
    asked = lines(of)
    one = {"--process": asked["process"], "--slot": asked["slot"], "--ago": asked["ago"]}
    options = [f"{name}={value}" for name, value in one.items() if value is not None]
    return [*options, *(f"--release={release}" for release in asked["releases"] or ())]


def log_line(item: Document) -> LogLine:
    return LogLine(
        at=datetime.fromisoformat(item["at"]),
        slot=Slot(item["slot"]) if item["slot"] in set(Slot) else None,
        release=item["release"],
        process=item["process"],
        pid=item["pid"],
        stream=item["stream"],
        text=item["text"],
    )


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
