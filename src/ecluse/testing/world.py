"""A whole World in memory, so that a test of the loop takes milliseconds and says what it scripts, nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ecluse.ledger.memory import MemoryLedger
from ecluse.model.holder import Holder
from ecluse.model.host import HERE
from ecluse.model.ids import HostName
from ecluse.ports.outlets import Outlets
from ecluse.ports.world import World
from ecluse.providers.memory.balancer import MemoryBalancer
from ecluse.providers.memory.target import MemoryTarget
from ecluse.providers.memory.tracker import MemoryTracker
from ecluse.system.cache import FolderCache
from ecluse.system.locks import FolderLocks
from ecluse.system.store import FolderStore
from ecluse.testing.clock import FakeClock
from ecluse.testing.commands import ScriptedCommands
from ecluse.testing.ids import CountingIds
from ecluse.testing.outlets import memory_outlets
from ecluse.testing.reporter import HeardReporter
from ecluse.testing.source import MemorySource

HOLDER = Holder(id="h-1", host="here", pid=1, user="anne", command="ecluse ship")


@dataclass(slots=True)
class MemoryWorld:
    """The fakes, each under its own name, and `world`, which hands them to the loop. Only `folder` is real."""

    folder: Path
    clock: FakeClock = field(default_factory=FakeClock)
    ids: CountingIds = field(default_factory=CountingIds)
    commands: ScriptedCommands = field(default_factory=ScriptedCommands)
    source: MemorySource = field(default_factory=MemorySource)
    reporter: HeardReporter = field(default_factory=HeardReporter)
    env: dict[str, str] = field(default_factory=dict)
    toolchain: Any = None
    """Give one when the test builds; nothing else asks for it."""
    toolbox: Any = None
    """Give one when the test runs programs of others."""
    outlets: Outlets | None = None
    """None: those of ecluse.testing.outlets."""
    advisories: Any = None
    """Give some when the test asks for vulnerabilities."""
    services: Any = None
    """Give some when the app declares services; nothing else asks for them."""
    target: MemoryTarget = field(init=False)
    """The one of this machine; `on` gives those of named hosts."""
    balancers: dict[HostName, MemoryBalancer] = field(default_factory=dict)
    """By machine; for an environment that has a balancer."""
    hosts: dict[HostName, MemoryTarget] = field(default_factory=dict)
    tracker: MemoryTracker = field(default_factory=MemoryTracker)
    """For an app with tickets."""
    ledger: MemoryLedger = field(init=False)

    def __post_init__(self) -> None:
        self.target = MemoryTarget(self.clock)
        self.ledger = MemoryLedger(self.clock, "anne@here")

    def on(self, host: HostName) -> MemoryTarget:
        return self.target if host == HERE else self.hosts.setdefault(host, MemoryTarget(self.clock))

    @property
    def world(self) -> World:
        return World(
            root=self.folder,
            home=self.folder / ".ecluse",
            env=self.env,
            clock=self.clock,
            ids=self.ids,
            commands=self.commands,
            source=self.source,
            toolchain=self.toolchain,
            toolbox=self.toolbox,
            advisories=lambda _: self.advisories,
            store=FolderStore(self.folder / ".ecluse" / "store"),
            ledger=self.ledger,
            targets=lambda _app, environment: {host: self.on(host) for host in environment.host_names},
            balancers=lambda _app, environment: self.balancers if environment.balancer else {},
            services=self.services,
            cache=lambda _: FolderCache(self.folder / ".ecluse" / "cache" / "steps"),
            locks=FolderLocks(self.folder),
            outlets=self.outlets or memory_outlets(self.folder / ".ecluse"),
            tracker=lambda _: self.tracker,
            reporter=self.reporter,
            actor="anne@here",
            holder=HOLDER,
            key=b"k" * 32,
        )
