"""What is true now: observation before journal, journal before ledger."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any
from urllib.parse import urlsplit

from ecluse.loop.deploy.balancing import look_at
from ecluse.loop.deploy.fleet import Fleet, Seen, fleet_of
from ecluse.loop.deploy.health import Expected
from ecluse.loop.deploy.recall import manifest_of
from ecluse.loop.deploy.settle import known, told
from ecluse.model.app import App, Environment, Process
from ecluse.model.balanced import ServerSeen, ServerState
from ecluse.model.history import EnvironmentKnown
from ecluse.model.ids import Commit, Digest, HostName, Version
from ecluse.model.observed import Observed, ProcessSeen, ServiceSeen, SlotSeen, SlotState
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.model.release import Release
from ecluse.model.skew import clock_off
from ecluse.model.values import frozen
from ecluse.ports.target import Question, Target
from ecluse.ports.world import World


@frozen
class HostStatus:
    """`health` is `healthy`, `unhealthy`, `unchecked` (no health check configured), `down` or `unknown`. `why`
    says what is wrong, or what the health was judged by instead of the release's own manifest."""

    name: HostName
    health: str
    seen: Observed | None
    why: str = ""
    balanced: Mapping[HostName, ServerSeen] = field(default_factory=dict)
    """By machine, how the balancers have it."""

    @property
    def is_drained(self) -> bool:
        """Some balancer gives it no requests, because it was told so."""
        return any(one.state is ServerState.DRAINED for one in self.balanced.values())


@frozen
class EnvironmentStatus:
    """`health` is that of the host that is worst off. `phase` is `empty`, `serving`, `deploying`, `waiting` (for a
    person), `mixed` (the hosts differ), `stopped` or `unreachable`."""

    name: str
    health: str
    phase: str
    opened_at: str
    """The URL to tell a person, as the manifest says now; empty while nothing listens."""
    hosts: tuple[HostStatus, ...]
    remembered: EnvironmentKnown
    why: str = ""
    state: tuple[str, ...] = ()
    """The app's data, as the manifest declares it now."""
    off: tuple[Process, ...] = ()
    """Declared and not started, as the manifest of the release that serves says."""
    unbalanced: Mapping[HostName, Problem] = field(default_factory=dict)
    """Balancers that could not be asked, and why."""

    @property
    def seen(self) -> Observed | None:
        """The first host that answered."""
        return next((host.seen for host in self.hosts if host.seen), None)

    @property
    def is_single(self) -> bool:
        return len(self.hosts) == 1


WORST = ("unknown", "down", "unhealthy", "unchecked", "healthy")


async def status(app: App, environments: tuple[Environment, ...], world: World) -> tuple[EnvironmentStatus, ...]:
    return tuple([await look(app, environment, world) for environment in environments])


async def look(app: App, environment: Environment, world: World) -> EnvironmentStatus:
    """Ask the targets, record what the ledger didn't know, then say what is so."""
    fleet = fleet_of(world, app, environment)
    balancers = asyncio.ensure_future(look_at(fleet.balancers))
    try:
        seen = await fleet.observe()
    except ProblemError as error:
        if error.exit is not Exit.UNREACHABLE:
            balancers.cancel()
            raise
        seen = Seen(hosts={}, lost=dict.fromkeys(fleet.targets, error.problems[0]))
    if seen.hosts and (fresh := told(seen, known(world, environment.name))):
        world.ledger.append(*fresh)
    found = await asyncio.gather(*(_look_at(app, environment, fleet, host, seen, world) for host in fleet.targets))
    balanced = await balancers
    hosts = [replace(host, balanced=balanced.of(host.name)) for host in found]
    worst = min(hosts, key=lambda host: WORST.index(host.health))
    return EnvironmentStatus(
        name=environment.name,
        health=worst.health,
        phase=phase_of(seen, known(world, environment.name)),
        opened_at=opened_at(environment, next((host.seen.url for host in hosts if host.seen), "")),
        hosts=tuple(hosts),
        remembered=known(world, environment.name),
        state=app.state,
        unbalanced=balanced.lost,
        off=(manifest_of(seen.serving, world.ledger.state(), world.store) or app).off,
        why=worst.why if fleet.is_single or not worst.why else f"{worst.name}: {worst.why}",
    )


def opened_at(environment: Environment, listening: str) -> str:
    """`listening` is the URL of what the keeper listens on: its port may be that of an earlier manifest."""
    if not (environment.url and listening):
        return listening
    return replace(environment, port=urlsplit(listening).port or environment.port).opened_at


async def _look_at(
    app: App, environment: Environment, fleet: Fleet, host: HostName, seen: Seen, world: World
) -> HostStatus:
    if host in seen.lost:
        return HostStatus(name=host, health="unknown", seen=None, why=str(seen.lost[host].what))
    try:
        health, why = await health_of(app, seen.hosts[host], fleet.targets[host], world)
        if health == "unchecked" and app.web and not environment.runs(app.web, host):
            health = "healthy"  # as far as that can be known: all that is for this host runs
    except ProblemError as error:  # lost since the look, or one that can't be asked: the others are told all the same
        health, why = "unknown", str(error.problems[0].what)
    one = seen.hosts[host]
    off = clock_off(host, one.skew)
    warnings = (*one.warnings, f"{off}: {off.fix}") if off else one.warnings
    told = replace(one, url=environment.seen_at(host, one.url), warnings=warnings)
    return HostStatus(name=host, health=health, seen=told, why=why)


async def health_of(app: App, seen: Observed, target: Target, world: World) -> tuple[str, str]:
    """One question to the slot that serves, the one of its release's own manifest; the answer and, when it is not
    healthy, why. Where that manifest isn't known the working tree's (`app`) stands in for it, which is said."""
    slot = seen.slot(seen.serving) if seen.serving else None
    if slot is None or slot.release is None:
        return "down", ""
    if slot.state is SlotState.WANTS_SECRETS:
        return "down", "it wants its secrets, which are on no disk: `ecluse converge` brings them"
    if stands := _standing(slot):
        return "unhealthy", stands
    then = manifest_of(slot.release, world.ledger.state(), world.store)
    web = (then or app).web
    asked = "" if then else f"asked as the working tree's manifest says: that of {slot.version} isn't known here"
    if web is None or web.health is None or not any(process.name == web.name for process in slot.processes):
        return "unchecked", asked
    expected = Expected(health=web.health, release=_release(slot, world), stamped="stamps" in slot.guarantees)
    question = Question(path=web.health.path, host=web.health.host, patience=web.health.patience)
    flaw = expected.flaw(await target.ask(slot.slot, question))
    if not flaw:
        return "healthy", asked
    return "unhealthy", "; ".join(filter(None, [f"GET {web.health.path}: {flaw}", asked]))


def _standing(slot: SlotSeen) -> str:
    """What of it doesn't run, or nothing."""
    stopped = "; ".join(_stopped(process) for process in slot.processes if process.state != "running")
    return stopped or ("" if slot.state is SlotState.RUNNING else f"the slot is {slot.state}")


def _stopped(process: ProcessSeen) -> str:
    is_to_start = process.state == "waiting"
    state = "waits for its next start" if is_to_start else process.state
    return f"{process.name} {state}{f' (last: {process.last_exit})' if process.last_exit else ''}"


def phase_of(seen: Seen, remembered: EnvironmentKnown) -> str:
    hosts = seen.hosts.values()
    if not hosts:
        return "unreachable"
    opened = [one.open for one in hosts if one.open]
    if opened:
        return "waiting" if any(one.held for one in opened) else "deploying"
    if seen.is_mixed:
        return "mixed"
    if seen.serving:
        return "serving"
    return "stopped" if any(one.generation for one in hosts) or remembered.deployments else "empty"


def _release(slot: SlotSeen, world: World) -> Release:
    kept = world.ledger.state().releases.get(slot.release or "")
    return Release(
        version=slot.version or Version(""),
        commit=Commit(kept.commit if kept else ""),
        bundle=Digest(""),
        config=Digest(""),
    )


def document(found: tuple[EnvironmentStatus, ...]) -> dict[str, Any]:
    """The `--json` form; its keys are stable."""
    return {"environments": [_environment(status) for status in found]}


def _environment(status: EnvironmentStatus) -> dict[str, Any]:
    """The first host's values stand at the top too: of one machine that is all there is."""
    return {
        **_observed(status.seen),
        "url": status.opened_at,
        "name": status.name,
        "health": status.health,
        "phase": status.phase,
        "why": status.why,
        "state": list(status.state),
        "off": [{"name": process.name, "why": process.why_off} for process in status.off],
        "hosts": [
            {
                "name": host.name,
                "health": host.health,
                "why": host.why,
                "balancers": {machine: one.state.value for machine, one in host.balanced.items()},
                "drained_by": host.seen.drained_by if host.seen else None,
                **_observed(host.seen),
            }
            for host in status.hosts
        ],
        "balancers_lost": {machine: str(problem) for machine, problem in status.unbalanced.items()},
    }


def _observed(seen: Observed | None) -> dict[str, Any]:
    serving = seen.slot(seen.serving) if seen and seen.serving else None
    return {
        "url": seen.url if seen else "",
        "release": serving.release if serving else None,
        "version": serving.version if serving else None,
        "routing": seen.routing if seen else "unknown",
        "keeper": {"pid": seen.keeper_pid, "version": seen.keeper_version} if seen and seen.keeper_pid else None,
        "lease": _lease(seen),
        "open": seen.open.id if seen and seen.open else None,
        "warnings": list(seen.warnings) if seen else [],
        "slots": [_slot(slot) for slot in seen.slots] if seen else [],
        "services": [_service(service) for service in seen.services] if seen else [],
    }


def _lease(seen: Observed | None) -> dict[str, Any] | None:
    if seen is None or seen.lease is None:
        return None
    holder = seen.lease.holder
    return {
        "holder": holder.id,
        "host": holder.host,
        "pid": holder.pid,
        "user": holder.user,
        "command": holder.command,
        "generation": seen.lease.generation,
        "age": round(seen.lease.age, 1),
        "left": round(seen.lease.left, 1),
        "gone": seen.lease.gone,
    }


def _service(service: ServiceSeen) -> dict[str, Any]:
    return {
        "name": service.name,
        "kind": service.kind,
        "version": service.version,
        "state": service.state,
        "host": service.host,
        "port": service.port,
        "pid": service.pid,
        "restarts": service.restarts,
        "started_at": service.started_at.isoformat() if service.started_at else None,
        "last_exit": service.last_exit,
    }


def _slot(slot: SlotSeen) -> dict[str, Any]:
    return {
        "name": slot.slot.value,
        "release": slot.release,
        "version": slot.version,
        "weight": slot.weight,
        "state": slot.state.value,
        "guarantees": list(slot.guarantees),
        "warm_until": slot.warm_until.isoformat() if slot.warm_until else None,
        "requests": slot.counters.requests,
        "statuses": dict(slot.counters.statuses),
        "connections": slot.counters.connections,
        "processes": [
            {
                "name": process.name,
                "pid": process.pid,
                "restarts": process.restarts,
                "state": process.state,
                "started_at": process.started_at.isoformat() if process.started_at else None,
                "last_exit": process.last_exit,
            }
            for process in slot.processes
        ],
    }


def unreachable(found: tuple[EnvironmentStatus, ...]) -> Problem | None:
    """What is shown of those is what was known last, not what is so."""
    lost = [(status, host) for status in found for host in status.hosts if host.seen is None]
    if not lost:
        return None
    names = [status.name if status.is_single else f"{host.name} of {status.name}" for status, host in lost]
    return Problem(
        code="D041", what=f"{', '.join(names)} can't be reached",
        evidence=tuple(host.why for _, host in lost), state="unknown; what served there may still serve",
        fix="`ecluse doctor` says what is in the way", exit=Exit.UNREACHABLE,
    )  # fmt: skip


def unhealthy(found: tuple[EnvironmentStatus, ...]) -> Problem | None:
    """What makes `status --check` fail. An environment that was never deployed to is not ill."""
    well = {"healthy", "unchecked"}
    sick = [status for status in found if status.health not in well and status.phase != "empty"]
    if not sick:
        return None
    return Problem(
        code="D040", what="; ".join(f"{status.name} is {status.health}" for status in sick),
        evidence=tuple(status.why for status in sick if status.why),
        fix=f"ecluse logs {sick[0].name}; ecluse history {sick[0].name}", exit=Exit.REFUSED,
    )  # fmt: skip
