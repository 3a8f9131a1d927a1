"""What a command has of its caller: streams, ports, files, the ledger alone."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ecluse.model.problem import Problem
from ecluse.system.clock import SystemClock
from ecluse.system.environment import actor, find_home, read_environment
from ecluse.system.files import disk_problem, write_atomically
from ecluse.whereabouts import find_root

if TYPE_CHECKING:
    from ecluse.ports.clock import Clock
    from ecluse.ports.hosts import Sent
    from ecluse.ports.ledger import Ledger
    from ecluse.ports.terminal import Terminal
    from ecluse.ports.tunnel import Listens
    from ecluse.ports.world import World
    from ecluse.providers.git.hooks import HooksFolder


def wants_colour() -> bool:
    """NO_COLOR (no-color.org), and terminals that know none."""
    env = read_environment()
    return not env.get("NO_COLOR") and env.get("TERM") != "dumb"


def terminal() -> Terminal:
    """The caller's own streams."""
    from ecluse.system.terminal import StandardStreams  # noqa: PLC0415

    return StandardStreams(read_environment())


def loopback() -> Listens:
    """Ports of this machine."""
    from ecluse.system.listening import Loopback  # noqa: PLC0415

    return Loopback()


def beside_the_file(problem: Problem) -> str:
    """What makes the log of a CI show a Problem where it is; empty elsewhere."""
    from ecluse.providers.terminal.choice import on_github  # noqa: PLC0415

    if not on_github(read_environment()):
        return ""
    from ecluse.providers.terminal.github import annotation  # noqa: PLC0415

    return annotation(problem)


def become(argv: tuple[str, ...], env: Mapping[str, str]) -> None:
    """Another program in the place of this one, with the caller's environment and `env`. Nothing of ours is open."""
    os.execvpe(argv[0], list(argv), {**read_environment(), **env})  # noqa: S606


def save(path: Path, text: str, *, runs: bool = False) -> None:
    """A file that a person asked for: whole or not at all. `runs`: it is a program."""
    write_atomically(path, text, mode=0o755 if runs else 0o644)


async def hooks_folder(built: World) -> HooksFolder:
    """Where git looks for the hooks of this repository."""
    from ecluse.providers.git import hooks  # noqa: PLC0415

    return await hooks.hooks_folder(built.root, built.commands, built.env)


def to_send(source: Path, path: str, mode: int | None) -> Sent:
    """A file of this machine, for hosts."""
    from ecluse.system.sending import to_send as looked_at  # noqa: PLC0415

    return looked_at(source, path, mode)


@contextmanager
def remembered(folder: Path) -> Iterator[tuple[Ledger, Clock]]:
    """The ledger alone: to read it takes neither a manifest nor a tool, and makes nothing that isn't there."""
    from ecluse.ledger.memory import MemoryLedger  # noqa: PLC0415
    from ecluse.ledger.sqlite.ledger import SqliteLedger  # noqa: PLC0415

    env = read_environment()
    path = find_home(find_root(folder), env) / "ledger.db"
    clock, who = SystemClock(), actor(env)
    ledger: Ledger = SqliteLedger(path, clock, who) if path.exists() else MemoryLedger(clock, who)
    try:
        yield ledger, clock
    finally:
        ledger.close()


def trouble_with_disk(error: OSError) -> Problem | None:
    """A full or read-only disk, told as a Problem wherever it struck; None for any other error."""
    if error.errno not in {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES}:
        return None
    return disk_problem(error, Path(str(error.filename or ".")))
