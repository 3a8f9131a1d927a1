"""A machine that releases: its own home and ledger, and what it shares with others."""

import asyncio
from dataclasses import dataclass, field, replace

import pytest

from ecluse.ledger.memory import MemoryLedger
from ecluse.loop.release.publish import preview, publish
from ecluse.model.app import App, Build
from ecluse.model.publishing import ForgeKind, ForgePlace, IndexPlace, ReleasePolicy
from ecluse.system.clock import SystemClock
from support.no_wheels import NoWheels
from support.outlets import FakePacker, Faults, KilledError, Outside, outlets
from support.repositories import commit, git, repository
from support.worlds import world

POLICY = ReleasePolicy(
    index=IndexPlace(simple="http://index/simple/", upload="http://index/"),
    forge=ForgePlace(kind=ForgeKind.GITHUB, token="TOKEN"),
    changelog="CHANGES.md",
)


@dataclass
class Machine:
    root: object
    home: object
    commands: object
    outside: Outside
    packer: FakePacker = field(default_factory=FakePacker)
    faults: Faults = field(default_factory=Faults)
    env: dict = field(default_factory=dict)

    def __post_init__(self):
        plain = world(self.root, self.home, self.commands)
        env = {**plain.env, **self.env}
        self.world = replace(
            plain,
            env=env,
            toolchain=NoWheels(plain.store),
            outlets=outlets(
                self.root, self.home, self.commands, env, outside=self.outside, packer=self.packer, faults=self.faults
            ),
        )

    def app(self, **policy):
        return App(name="shop", processes=(), build=Build(install_project=False), release=replace(POLICY, **policy))

    @property
    def head(self):
        return git(self.root, "rev-parse", "HEAD")

    def release(self, app=None, commit=None, **options):
        return asyncio.run(publish(app or self.app(), commit or self.head, self.world, **options))

    def preview(self, app=None):
        return asyncio.run(preview(app or self.app(), self.head, self.world))

    def killed_at(self, point, app=None):
        self.faults.at = point
        with pytest.raises(KilledError):
            self.release(app)

    def forget_ledger(self):
        self.world = replace(self.world, ledger=MemoryLedger(SystemClock(), "ada@here"))

    @property
    def told(self):
        return [record.event for record in self.world.ledger.events()]


@pytest.fixture
def remote(tmp_path):
    """A bare repository with one commit, and a clone of it."""
    bare = tmp_path / "remote.git"
    bare.mkdir()
    git(bare, "init", "--quiet", "--bare", "--initial-branch=main")
    _, root = repository(tmp_path / "shop", {"app.py": ""})
    git(root, "remote", "add", "origin", str(bare))
    git(root, "push", "--quiet", "origin", "main")
    return bare


@pytest.fixture
def outside():
    return Outside()


@pytest.fixture
def machine(remote, tmp_path, commands, outside):
    return Machine(tmp_path / "shop", tmp_path / "home", commands, outside)


@pytest.fixture
def another(remote, tmp_path, commands, outside):
    """A second machine: a clone of its own, another ledger. Arguments are those of `git clone`."""

    def made(*arguments, **options):
        root = tmp_path / "elsewhere"
        git(tmp_path, "clone", "--quiet", *arguments, f"file://{remote}", str(root))
        return Machine(root, tmp_path / "home-elsewhere", commands, outside, **options)

    return made


@pytest.fixture
def on_top(machine):
    """Commit and push; the name of the commit."""

    def made(message):
        made_commit = commit(machine.root, message)
        git(machine.root, "push", "--quiet", "origin", "main")
        return made_commit

    return made
