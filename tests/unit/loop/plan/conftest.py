"""A world with a real repository and real programs; the environment of the app is the one the tests run in."""

import os
import platform
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from ecluse.model.problem import Problem, ProblemError
from ecluse.ports.python import Interpreter
from ecluse.ports.world import World
from ecluse.providers.git.source import GitSource
from ecluse.system.clock import SystemClock
from ecluse.system.ids import SystemIds
from support.repositories import empty, write


class SameEnvironment:
    """A toolchain that gives the environment the tests run in, unless it is asked for what it doesn't have."""

    def __init__(self):
        self.asked, self.lacking = [], ()

    def interpreters(self):
        return ()

    def fitting(self, tree, build):
        return ()

    async def choose(self, tree, build):
        return Interpreter(version=platform.python_version(), path=Path(sys.executable))

    async def environment(self, tree, build, *, tests, identity="", say=lambda _: None):
        self.asked.append(build)
        say("nothing to install")
        if set(self.lacking) & {*build.test_requirements, *build.requirements}:
            raise ProblemError(Problem(code="B012", what="no set of versions fits", fix="change it"))
        return Path(sys.prefix)


class ListReporter:
    def close(self): ...

    def __init__(self):
        self.ends, self.notes = [], []

    def began(self, name, detail=""): ...

    def line(self, name, text): ...

    def waits(self, name, text): ...

    def note(self, text):
        self.notes.append(text)

    def ended(self, name, ok, detail=""):
        self.ends.append((name, ok, detail))


@pytest.fixture
def repository(tmp_path):
    """Write files (path to content) into a repository; returns its root."""
    root = empty(tmp_path / "shop")

    def written(files):
        write(root, files)
        return root

    return written


@pytest.fixture
def world(repository, tmp_path, commands):
    root = repository({})
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "SECRET_OF_THE_CALLER": "1"}
    absent = {field.name: None for field in fields(World)}
    given = {"root": root, "home": tmp_path / "home", "env": env, "clock": SystemClock(), "ids": SystemIds(),
             "commands": commands, "source": GitSource(root, commands, env), "toolchain": SameEnvironment(),
             "reporter": ListReporter()}  # fmt: skip
    return World(**absent | given)
