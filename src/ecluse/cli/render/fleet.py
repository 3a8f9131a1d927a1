"""What is told of all servers at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from ecluse.cli import session
from ecluse.model.app import Environment
from ecluse.model.counted import counted
from ecluse.model.ids import HostName
from ecluse.model.problem import Exit, Problem

if TYPE_CHECKING:  # each command pays for its own
    from ecluse.loop.operate.drift import Drift
    from ecluse.loop.operate.fleet_copy import Copied
    from ecluse.loop.operate.fleet_run import Everywhere
    from ecluse.loop.operate.hosts import Fleetwide
    from ecluse.loop.operate.prune import Pruned
    from ecluse.ports.hosts import Sent
    from ecluse.ports.rehearsal import Ordered


class Said:
    """The lines of each host, shown as they come."""

    def __init__(self, *, live: bool) -> None:
        self._live = live
        self.lines: dict[HostName, list[str]] = {}

    def line(self, host: HostName, text: str) -> None:
        self.lines.setdefault(host, []).append(text)
        if self._live:
            click.echo(f"{click.style(host, fg='cyan')} | {text}")


def ran(found: Everywhere, said: Said, at: session.Asked, environment: Environment) -> Exit:
    """Who failed, and how."""
    hosts = [
        {"name": host, "exit_code": one.exit_code, "seconds": one.seconds, "output": said.lines.get(host, [])}
        for host, one in found.ran.items()
    ]
    at.answer({"environment": environment.name, "hosts": hosts, "lost": _lost(found.lost)})
    if not at.as_json:
        well = len(found.ran) - len(found.failed)
        click.echo(f"{counted(well, 'host')} of {len(found.ran) + len(found.lost)} did it")
        for host, one in found.failed.items():
            _line(host, f"exit {one.exit_code} after {one.seconds:.1f} s", well=False)
        _tell_lost(found.lost)
    return found.exit


def would_run(sent: Mapping[HostName, Sequence[Ordered]], at: session.Asked, environment: Environment) -> Exit:
    commands = {host: one.detail for host, orders in sent.items() for one in orders}
    hosts = [{"name": host, "command": command} for host, command in commands.items()]
    at.answer({"outcome": "planned", "environment": environment.name, "hosts": hosts})
    if not at.as_json:
        for host, command in commands.items():
            click.echo(f"{click.style(host, fg='cyan')} would run {command}")
    return Exit.DONE


DONE_ABOUT = {
    "same": ("is there already", "is there already"),
    "mode": ("had another mode", "has another mode"),
    "other": ("was another file", "is another file"),
    "none": ("was not there", "is not there"),
}
"""What is said of what was found: when something was done about it, and when nothing was."""


def copied(found: Copied, file: Sent, at: session.Asked, environment: Environment, *, applied: bool) -> Exit:
    """Where it had to be put, and where it could not."""
    hosts = [
        {"name": host, "found": one.found, "changed": applied and one.found != "same", "sent": one.sent,
         "seconds": one.seconds}
        for host, one in found.placed.items()
    ]  # fmt: skip
    about = {"path": file.path, "sha256": file.sha256, "mode": f"{file.mode:04o}", "size": file.size}
    at.answer({"environment": environment.name, **about, "applied": applied, "hosts": hosts, "lost": _lost(found.lost)})
    if not at.as_json:
        for host in found.changed:
            _line(host, f"{file.path} {DONE_ABOUT[found.placed[host].found][0 if applied else 1]}", well=True)
        done = "has it" if applied else "would be changed"
        count = len(found.placed) if applied else len(found.changed)
        sent = sum(one.sent for one in found.placed.values())
        click.echo(f"{counted(count, 'host')} of {len(found.placed) + len(found.lost)} {done}, {sent} bytes were sent")
        _tell_lost(found.lost)
    return found.exit


def facts(found: Fleetwide, at: session.Asked, environment: Environment) -> Exit:
    hosts = [{"name": host, **asdict(one.facts)} for host, one in found.done.items()]
    at.answer({"environment": environment.name, "hosts": hosts, "lost": _lost(found.lost)})
    if not at.as_json:
        for host, one in found.done.items():
            about = one.facts
            sizes = f"{about.processors} processors, {_gib(about.memory_bytes)} memory, {_gib(about.free_bytes)} disk"
            click.echo(f"{click.style(host, fg='cyan')}  {about.user}, {about.system} {about.kernel} {about.machine}")
            click.echo(f"    {sizes} free, Python {', '.join(about.pythons)}")
        _tell_lost(found.lost)
    return found.exit


def drift(found: Drift, at: session.Asked, environment: Environment) -> Exit:
    hosts = [{"name": host, "differences": list(lines)} for host, lines in found.differences.items()]
    at.answer({"environment": environment.name, "should": found.should, "hosts": hosts, "lost": _lost(found.lost)})
    if not at.as_json:
        for host, lines in found.differences.items():
            _line(host, f"{found.should or 'nothing'}{' should serve' if lines else ''}", well=not lines)
            for line in lines:
                click.echo(f"    {line}")
        _tell_lost(found.lost)
        if any(found.differences.values()):
            click.echo(f"next: ecluse status {environment.name} · ecluse converge {environment.name}")
    return found.exit


def pruned(found: Pruned, at: session.Asked, environment: Environment) -> Exit:
    document = {"environment": environment.name, "kept": found.kept, "hosts": found.done}
    at.answer({**document, "lost": _lost(found.lost)})
    if not at.as_json:
        click.echo(f"{counted(len(found.kept), 'release')} and those in use stay on {counted(len(found.done), 'host')}")
        _tell_lost(found.lost)
    return found.exit


def _tell_lost(lost: Mapping[HostName, Problem]) -> None:
    """Each fix once."""
    for host, problem in lost.items():
        _line(host, f"{problem.what} [{problem.code}]", well=False)
    for fix in dict.fromkeys(problem.fix for problem in lost.values()):
        click.echo(f"    fix: {fix}")


def _line(host: HostName, text: str, *, well: bool) -> None:
    click.echo(f"{click.style('✓', fg='green') if well else click.style('✗', fg='red')} {host}  {text}")


def _lost(lost: Mapping[HostName, Problem]) -> list[dict[str, Any]]:
    return [{"name": host, "problem": session.as_document(problem)} for host, problem in lost.items()]


def _gib(count: int) -> str:
    return f"{count / 1024**3:.1f} GiB"
