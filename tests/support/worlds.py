"""A world with a real repository and a real store; what is asked of it stands in a folder of the test."""

import os
from dataclasses import replace

from ecluse.ledger.memory import MemoryLedger
from ecluse.model.holder import Holder
from ecluse.ports.world import World
from ecluse.providers.git.source import GitSource
from ecluse.system.cache import FolderCache
from ecluse.system.clock import SystemClock
from ecluse.system.ids import SystemIds
from ecluse.system.store import FolderStore
from ecluse.testing.outlets import memory_outlets


class Quiet:
    """A reporter that keeps what it was told."""

    def __init__(self):
        self.told, self.oks = [], []

    def began(self, name, detail=""):
        self.told.append((name, detail))

    def line(self, name, text):
        self.told.append((name, text))

    def waits(self, name, text):
        self.told.append((name, text))

    def ended(self, name, ok, detail=""):
        self.oks.append((name, ok))
        self.told.append((name, detail))

    def note(self, text):
        self.told.append(("", text))


def world(root, home, commands, **parts):
    """`parts` are what the test brings, a toolchain for instance."""
    clock = SystemClock()
    env = {"PATH": os.environ["PATH"], "HOME": str(home)}
    plain = World(
        root=root,
        home=home,
        env=env,
        clock=clock,
        ids=SystemIds(),
        commands=commands,
        source=GitSource(root, commands, env),
        toolchain=None,
        toolbox=None,
        locks=None,
        advisories=None,
        balancers=lambda _app, _environment: {},
        services=None,
        outlets=memory_outlets(home),
        cache=lambda _: FolderCache(home / "cache" / "steps"),
        tracker=None,
        store=FolderStore(home / "store"),
        ledger=MemoryLedger(clock, "ada@here"),
        targets=lambda _app, _environment: {},
        reporter=Quiet(),
        actor="ada@here",
        holder=Holder(id="h-1", host="here", pid=os.getpid(), user="ada", command="ecluse"),
        key=b"key",
    )
    return replace(plain, **parts)
