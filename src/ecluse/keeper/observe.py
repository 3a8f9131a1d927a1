"""What is there now, in JSON, as `observe` answers it."""

import os
import time
from typing import Any, Dict, List, Optional, Tuple

from ecluse.keeper.keeper import Keeper
from ecluse.keeper.processes import boottime
from ecluse.keeper.slots import Slot
from ecluse.keeper.worker import RUNNING, Worker

LITTLE = 64 * 1024
"""Bytes free below which a disk counts as full."""
_CLASSES = ("1xx", "2xx", "3xx", "4xx", "5xx", "unanswered")


def observe(keeper: Keeper, pid: int, version: str) -> Dict[str, Any]:
    keeper.output.drain()
    opened = keeper.journal.open
    return {
        "at": time.time(),
        "url": keeper.traffic.url,
        "slots": [_slot(keeper, slot) for slot in keeper.slots.values()],
        "serving": keeper.traffic.serving,
        "generation": keeper.lease.generation,
        "lease": keeper.lease.seen(),
        "open": _open(opened) if opened else None,
        "finished": keeper.journal.finished,
        "drained_by": keeper.journal.drained_by,
        "routing": keeper.traffic.kind,
        "services": keeper.services.observe(),
        "keeper_pid": pid,
        "keeper_version": version,
        "warnings": warnings(keeper),
    }


def warnings(keeper: Keeper) -> List[str]:
    """What a person should know: what happened (since this keeper began), and what is so now."""
    space = os.statvfs(keeper.home.path)
    full = "the disk of %s is full" % keeper.home.path if space.f_bavail * space.f_frsize < LITTLE else ""
    recovered = (keeper.journal.recovered, keeper.lease.recovered)
    return [
        *keeper.warnings,
        *keeper.writes.warnings(),
        *(_wanting(slot) for slot in keeper.slots.values() if slot.lacks),
        *filter(None, (keeper.blocked, full, keeper.output.trouble, *recovered)),
    ]


def _wanting(slot: Slot) -> str:
    running = slot.running or {}
    return "the secrets of %s are gone, they lived in memory (%s): `ecluse converge %s` brings them" % (
        running["release"]["version"],
        ", ".join(slot.lacks),
        running["environment"],
    )


def _open(opened: Dict[str, Any]) -> Dict[str, Any]:
    made = [move["name"] for move in opened["moves"] if move["done"] and move["detail"].get("exit_code", 0) == 0]
    return {**{key: opened.get(key) for key in _OPEN}, "made": list(dict.fromkeys(made))}


_OPEN = ("id", "release", "version", "slot", "previous", "generation", "last_move", "verb", "done", "decided", "held")


def _slot(keeper: Keeper, slot: Slot) -> Dict[str, Any]:
    release = slot.running["release"] if slot.running else {}
    return {
        "slot": slot.name,
        "state": state(slot),
        "release": release.get("id"),
        "version": release.get("version"),
        "weight": keeper.weight(slot.name),
        "processes": [_process(keeper, slot, worker) for worker in slot.workers],
        "counters": _counters(slot),
        "guarantees": guarantees(slot, keeper.traffic.kind),
        "warm_until": time.time() + slot.warm_until - boottime() if slot.warm_until else None,
    }


def state(slot: Slot) -> str:
    """As `model.observed.SlotState` names it."""
    if slot.running is None:
        return "empty"
    named = (
        ("stopping", slot.stopping),
        ("wants_secrets", slot.wants_secrets),
        ("failed", slot.is_failed),
        ("halted", slot.is_halted),
        ("starting", not slot.is_up),
        ("lame", slot.is_lame),
    )
    return next((name for name, is_so in named if is_so), "running")


def guarantees(slot: Slot, kind: str) -> Tuple[str, ...]:
    """What holds for the server that runs here."""
    web: Optional[Dict[str, Any]] = next((p for p in (slot.running or {}).get("processes", ()) if p["web"]), None)
    if web is None:
        return ()
    routing = ("%s-routing" % kind,) if kind != "none" else ()
    if web["interface"] == "command":
        return (*routing, "relay") if web.get("listen") == "port" else routing
    stamps = ("stamps",) if slot.running and slot.running.get("stamp") else ()
    return (*routing, "lame-duck", "counts", *stamps)


def _process(keeper: Keeper, slot: Slot, worker: Worker) -> Dict[str, Any]:
    return {
        "name": worker.name,
        "pid": worker.pid if worker.state == RUNNING else None,
        "state": worker.shown,
        "restarts": slot.restarts(worker),
        "started_at": worker.started_at or None,
        "last_exit": worker.last_exit,
        "log_tail": keeper.output.tail(slot.name, worker.name),
    }


def _counters(slot: Slot) -> Dict[str, Any]:
    totals = slot.page.totals() if slot.page else slot.counted
    if totals is None:
        return {"requests": 0, "statuses": {}, "buckets": [], "connections": 0, "closed_at_end": slot.closed_at_end}
    fields, buckets = totals
    statuses: Dict[str, int] = {name: fields[name] for name in _CLASSES}
    counted: List[int] = list(buckets)
    return {
        "requests": fields["requests"],
        "statuses": statuses,
        "buckets": counted,
        "connections": slot.count_connections(),
        "closed_at_end": slot.closed_at_end,
    }
