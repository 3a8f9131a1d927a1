"""Hosts before and beside their keepers: made ready, and looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field

from ecluse.loop.each import on_each, worst
from ecluse.model.app import App, Environment
from ecluse.model.ids import HostName
from ecluse.model.problem import Exit, Problem
from ecluse.model.skew import clock_off
from ecluse.model.values import frozen
from ecluse.ports.hosts import Host, HostFacts, Prepared

LITTLE_SPACE = 1024**3
FEW_FILES = 4096


@frozen
class Fleetwide:
    """What came of it on each host; `lost` says why a host could not be asked, or what it refused."""

    done: Mapping[HostName, Prepared]
    lost: Mapping[HostName, Problem] = field(default_factory=dict)

    @property
    def exit(self) -> Exit:
        return worst(self.lost)


async def prepare(hosts: Mapping[HostName, Host]) -> Fleetwide:
    """Make every host ready, and say what was changed. Safe to repeat: what is right stays."""
    found = await on_each(hosts, lambda host: hosts[host].prepare(apply=True))
    return Fleetwide(done=found.done, lost=found.lost)


def findings(app: App, environment: Environment, prepared: Prepared) -> Iterator[str]:
    """What a host lacks for this app, and what to do about it."""
    facts = prepared.facts
    if prepared.changes:
        yield "not prepared, or by another version: `ecluse host prepare`"
    if app.web and facts.first_free_port and environment.port < facts.first_free_port and not facts.root:
        yield (
            f"port {environment.port} needs a privilege there: choose one from {facts.first_free_port}, or "
            f"`sudo sysctl net.ipv4.ip_unprivileged_port_start={environment.port}`"
        )
    yield from _of_the_machine(facts)
    yield from prepared.notes


def problems(host: HostName, prepared: Prepared) -> tuple[Problem, ...]:
    """What is wrong there and stops nothing."""
    off = clock_off(host, prepared.facts.skew)
    return (off,) if off else ()


def _of_the_machine(facts: HostFacts) -> Iterator[str]:
    if facts.free_bytes < LITTLE_SPACE:
        yield f"{facts.free_bytes / 1024**2:.0f} MiB of disk are free: a release needs hundreds"
    if facts.system == "Linux" and not facts.routing:
        yield "its kernel takes no program for a group of sockets: a relay will carry the traffic (Linux 4.5 has it)"
    if 0 <= facts.open_files < FEW_FILES:
        yield f"{facts.open_files} files may be open at once: raise nofile (limits.conf(5))"
