"""Contradictions in `[app]` and `[processes]`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecluse.manifest.amounts import duration_text
from ecluse.manifest.contradictions.unused import unused
from ecluse.manifest.fault import Fault
from ecluse.model.app import Interface

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecluse.manifest.schema.manifest import Manifest
    from ecluse.manifest.schema.process import HealthTable, ProcessTable


def process_faults(manifest: Manifest) -> Iterator[Fault]:
    if not manifest.app.migrate:
        yield from unused(manifest.app, ("app",), {"migrate_timeout": "there is no `migrate`"})
    for name, process in manifest.processes.items():
        yield from _entry(name, process)
        yield from _unused(name, process)
        yield from _times(name, process)
    yield from _two_webs(manifest)


def _is_web(process: ProcessTable) -> bool:
    return process.interface is not Interface.COMMAND or process.listen is not None


def _entry(name: str, process: ProcessTable) -> Iterator[Fault]:
    """A process is entered in one way."""
    path = ("processes", name)
    is_served = process.interface is not Interface.COMMAND
    if process.app and process.command:
        yield Fault(
            code="M030",
            path=(*path, "command"),
            what=f"{name} has an `app` and a `command`",
            fix="keep `app` to be served by Écluse, or `command` to run a server of your own",
            at_key=True,
        )
    elif not process.app and not process.command:
        yield Fault(
            code="M031",
            path=path,
            what=f"{name} has nothing to run",
            fix='add `command = …`, or `app = "package.module:attribute"` with its `interface`',
        )
    elif process.app and not is_served:
        yield Fault(
            code="M032",
            path=(*path, "app"),
            what=f"{name} doesn't say how its `app` is called",
            fix='add `interface = "asgi"` or `interface = "wsgi"`',
        )
    elif is_served and not process.app:
        yield Fault(
            code="M032",
            path=(*path, "interface"),
            what=f"{name} has the interface {process.interface}, but no `app`",
            fix='add `app = "package.module:attribute"`, or remove `interface`',
        )


def _unused(name: str, process: ProcessTable) -> Iterator[Fault]:
    """Settings that would be ignored."""
    path = ("processes", name)
    if process.interface is Interface.COMMAND and not process.app:
        own = "the command brings its own server"
        yield from unused(process, path, {"server": own, "threads": own, "keep_alive": own, "static": own})
    else:
        yield from unused(process, path, {"listen": "Écluse's own server gets its socket by itself"})
    if process.interface is Interface.ASGI:
        yield from unused(process, path, {"threads": "an ASGI app runs in one event loop for each worker"})
    if not _is_web(process) and not process.app and "health" in process.model_fields_set:
        yield Fault(
            code="M033",
            path=(*path, "health"),
            what="`health` has no effect here: without `listen` the process gets no traffic",
            fix='add listen = "port" if it serves on $PORT ("fd": on descriptor 3); else remove `health`',
            at_key=True,
        )
    if process.enabled:
        yield from unused(process, path, {"why_off": "the process is enabled"})


def _times(name: str, process: ProcessTable) -> Iterator[Fault]:
    if process.interface is not Interface.COMMAND and process.drain <= process.keep_alive:
        drain, keep_alive = duration_text(process.drain), duration_text(process.keep_alive)
        given = "drain" if "drain" in process.model_fields_set else "keep_alive"
        yield Fault(
            code="M035",
            path=("processes", name, given),
            what=f"{name} would be ended after {drain}, before its idle connections close after {keep_alive}",
            fix="make `drain` longer than `keep_alive`",
        )
    if process.health:
        yield from _patience(name, process.health)


def _patience(name: str, health: HealthTable) -> Iterator[Fault]:
    path = ("processes", name, "health")
    needed = health.interval * (health.successes - 1)
    if needed >= health.timeout:
        yield Fault(
            code="M036",
            path=(*path, "timeout"),
            what=f"{health.successes} answers, {duration_text(health.interval)} apart, take {duration_text(needed)}: "
            f"{name} can't turn healthy within {duration_text(health.timeout)}",
            fix="make `timeout` longer, or ask for fewer `successes`",
        )


def _two_webs(manifest: Manifest) -> Iterator[Fault]:
    webs = [name for name, process in manifest.processes.items() if _is_web(process)]
    for name in webs[1:]:
        yield Fault(
            code="M034",
            path=("processes", name),
            what=f"{name} and {webs[0]} both want traffic; an environment has one public port",
            fix=f"remove `interface` or `listen` of {name}, or give it a manifest of its own",
        )
