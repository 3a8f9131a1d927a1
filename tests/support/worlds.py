"""A world with a real repository and a real store; what is asked of it stands in a folder of the test."""

import os
import subprocess
from dataclasses import replace

from ecluse.ledger.memory import MemoryLedger
from ecluse.model.observed import Holder
from ecluse.ports.world import World
from ecluse.providers.git.source import GitSource
from ecluse.system.clock import SystemClock
from ecluse.system.ids import SystemIds
from ecluse.system.store import FolderStore

GIT = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
}


class Quiet:
    """A reporter that keeps what it was told."""

    def __init__(self):
        self.told = []

    def began(self, name, detail=""):
        self.told.append((name, detail))

    def line(self, name, text):
        self.told.append((name, text))

    def ended(self, name, ok, detail=""):
        self.told.append((name, detail))

    def note(self, text):
        self.told.append(("", text))


def repository(folder, files):
    """A git repository with one commit."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    return commit(folder, "feat: first", files), folder


def commit(folder, message, files=()):
    """Commit `files` on top of what is there; the name of the commit."""
    for name, text in dict(files).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", f"--message={message}")
    return git(folder, "rev-parse", "HEAD")


def git(folder, *arguments):
    done = subprocess.run(["git", *arguments], cwd=folder, env=GIT, check=True, capture_output=True, text=True)
    return done.stdout.strip()


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
        store=FolderStore(home / "store"),
        ledger=MemoryLedger(clock, "ada@here"),
        targets=lambda _app, _environment: {},
        reporter=Quiet(),
        actor="ada@here",
        holder=Holder(id="h-1", host="here", pid=os.getpid(), user="ada", command="ecluse"),
        key=b"key",
    )
    return replace(plain, **parts)
