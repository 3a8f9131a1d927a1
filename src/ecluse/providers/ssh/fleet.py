"""The ways to all hosts of an environment."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from pathlib import Path

from ecluse.model.app import Environment
from ecluse.model.host import Address, host_name
from ecluse.model.ids import HostName
from ecluse.ports.clock import Clock
from ecluse.ports.store import ContentStore
from ecluse.providers.ssh.host import SshHost
from ecluse.providers.ssh.outpost import SshOutpost
from ecluse.providers.ssh.reach import SshReach
from ecluse.providers.ssh.session import Session
from ecluse.providers.ssh.ways import Ways


def reaches(
    app: str, environment: Environment, store: ContentStore, programs: Path, clock: Clock
) -> Mapping[HostName, SshReach]:
    """The keepers, by the host's name. Nothing is connected yet."""
    transfers = asyncio.Semaphore(environment.ssh.transfers)
    return {
        host: SshReach(
            session,
            SshHost(session, root=environment.ssh.folder, programs=programs, clock=clock, transfers=transfers),
            root=environment.ssh.folder,
            folder=f"apps/{app}/environments/{environment.name}",
            store=store,
            transfers=transfers,
        )
        for host, session in _sessions(environment, clock).items()
    }


def hosts(environment: Environment, programs: Path, clock: Clock) -> Mapping[HostName, SshHost]:
    """The hosts themselves, by name. Nothing is connected yet."""
    transfers = asyncio.Semaphore(environment.ssh.transfers)
    return {
        host: SshHost(session, root=environment.ssh.folder, programs=programs, clock=clock, transfers=transfers)
        for host, session in _sessions(environment, clock).items()
    }


def outposts(machines: Iterable[str], environment: Environment, clock: Clock) -> Mapping[HostName, SshOutpost]:
    """Machines beside the hosts, reached with the same settings."""
    sessions = _sessions(environment, clock, machines)
    return {name: SshOutpost(session) for name, session in sessions.items()}


def _sessions(
    environment: Environment, clock: Clock, machines: Iterable[str] | None = None
) -> Mapping[HostName, Session]:
    limit = asyncio.Semaphore(environment.ssh.at_once)
    ways = Ways(environment.ssh)
    names = environment.hosts if machines is None else machines
    return {host_name(text): Session(Address.of(text), environment.ssh, clock, limit, ways) for text in names}
