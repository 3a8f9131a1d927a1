"""The gate in a world with a real repository, real programs and a clock that is set."""

import asyncio
import os
from datetime import UTC, datetime, timedelta

import pytest

from ecluse.loop.test.steps import run_steps
from ecluse.manifest.resolve import security_step
from ecluse.model.app import App
from ecluse.model.cache import CachePolicy
from ecluse.model.security import SecurityPolicy
from ecluse.providers.advisories.folder import FolderAdvisories
from ecluse.system.store import FolderStore
from ecluse.testing.clock import FakeClock
from support import repositories
from support.security_tools import Tools, Wheels
from support.worlds import world as world_of

FOR_EVER = CachePolicy(age=timedelta(days=36500))
"""The clock is set, and files are as old as they are."""


class Toolchain(Wheels):
    def interpreters(self):
        return ()

    def content_of(self, environment):
        return "an environment"

    async def environment(self, tree, build, *, tests, identity="", say=None):
        return tree


class Spy:
    """Runs commands, and remembers what lay in their folders."""

    def __init__(self, commands):
        self._commands, self.looked = commands, []

    async def run(self, command):
        if "detect-secrets" in command.argv[0]:
            self.looked.append(sorted(path.name for path in command.folder.glob("*/*")))
        return await self._commands.run(command)


@pytest.fixture
def root(tmp_path):
    return repositories.empty(tmp_path / "repository")


@pytest.fixture
def tools(tmp_path):
    return Tools(tmp_path / "tools")


@pytest.fixture
def wheels():
    return {}


@pytest.fixture
def built():
    return set()


@pytest.fixture
def advisories(tmp_path):
    folder = tmp_path / "advisories"
    folder.mkdir()
    return folder


@pytest.fixture
def clock():
    return FakeClock(datetime(2030, 1, 15, 12, tzinfo=UTC))


@pytest.fixture
def spy(commands):
    return Spy(commands)


@pytest.fixture
def world(root, tmp_path, spy, tools, wheels, built, advisories, clock):
    toolchain = Toolchain(FolderStore(tmp_path / "home" / "store"), wheels, built)
    return world_of(
        root, tmp_path / "home", spy, toolchain=toolchain, toolbox=tools, clock=clock,
        store=FolderStore(tmp_path / "home" / "store"), advisories=lambda _: FolderAdvisories(advisories),
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
    )  # fmt: skip


@pytest.fixture
def gate(world, root):
    """Run the gate at a commit with `files`; the verdict."""

    def gate(files=(), *, lenient=False, dirty=False, fresh=False, **policy):
        asked = SecurityPolicy(**policy)
        app = App(name="shop", processes=(), steps=(security_step(asked),), security=asked, cache=FOR_EVER)
        if dirty:
            repositories.write(root, files)
            commit = repositories.git(root, "rev-parse", "HEAD")
        else:
            commit = repositories.commit(root, "change", files)
        (verdict,) = asyncio.run(run_steps(app, world, commit=commit, dirty=dirty, lenient=lenient, fresh=fresh))
        return verdict

    return gate
