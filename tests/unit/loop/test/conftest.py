"""A world with a real repository, real programs and a real ledger; the environment of the app is this one."""

import asyncio
import os
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from ecluse.ledger.sqlite.ledger import SqliteLedger
from ecluse.model.app import App, Step
from ecluse.ports.world import World
from ecluse.providers.git.source import GitSource
from ecluse.system.cache import FolderCache
from ecluse.system.clock import SystemClock
from ecluse.system.ids import SystemIds
from ecluse.system.locks import FolderLocks
from support import repositories


class SameEnvironment:
    """A toolchain that gives the environment the tests run in."""

    def interpreters(self):
        return ()

    def content_of(self, environment):
        return environment.name

    def versions_in(self, content):
        return {}

    async def environment(self, tree, build, *, tests, identity="", say):
        say("nothing to install")
        return Path(sys.prefix)


class ListReporter:
    def close(self): ...

    def __init__(self):
        self.lines, self.ends = [], []

    def began(self, name, detail=""):
        self.lines.append((name, detail))

    def line(self, name, text):
        self.lines.append((name, text))

    def waits(self, name, text): ...

    def note(self, text):
        self.lines.append(("", text))

    def ended(self, name, ok, detail=""):
        self.ends.append((name, ok))


@pytest.fixture
def root(tmp_path):
    return repositories.empty(tmp_path / "repository")


@pytest.fixture
def world(root, tmp_path, commands):
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "NOISE": "1", "WANTED": "yes"}
    clock = SystemClock()
    ledger = SqliteLedger(tmp_path / "home" / "ledger.db", clock, "ada@here")
    absent = {field.name: None for field in fields(World)}
    yield World(
        **absent
        | {
            "root": root,
            "home": tmp_path / "home",
            "env": env,
            "clock": clock,
            "ids": SystemIds(),
            "commands": commands,
            "source": GitSource(root, commands, env),
            "toolchain": SameEnvironment(),
            "ledger": ledger,
            "locks": FolderLocks(tmp_path),
            "reporter": ListReporter(),
            "cache": lambda _: FolderCache(tmp_path / "home" / "cache" / "steps"),
            "key": b"key",
        }
    )
    ledger.close()


@pytest.fixture
def commit(root):
    """Commit files (path to content); returns the commit."""
    return lambda files=(): repositories.commit(root, "feat: x", files)


@pytest.fixture
def do():
    return asyncio.run


def shell(name, script, **options):
    return Step(name=name, command=("/bin/sh", "-euc", script), **options)


def app_of(*steps, **options):
    return App(name="demo", processes=(), steps=steps, **options)


@pytest.fixture
def make():
    """`make.step(name, script, …)` and `make.app(*steps, …)`."""
    return type("Make", (), {"step": staticmethod(shell), "app": staticmethod(app_of)})
