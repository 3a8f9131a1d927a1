"""Starting a keeper. It is no child of ours for long: it leaves our session and outlives us."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.providers.keeper.package import keeper_zipapp

PATIENCE = 30.0
KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "XDG_RUNTIME_DIR", "ECLUSE_FAULT")
"""All that a keeper sees of our environment: it lives long, and ours may hold secrets."""


async def start_keeper(folder: Path, programs: Path, env: Mapping[str, str]) -> None:
    """Returns when a keeper of the environment in `folder` answers; one that is there already is left alone.

    Not by way of the command runner: what that starts is ended with us.
    """
    program, _ = keeper_zipapp(programs)
    ignore_by_git(folder.parent.parent)
    process = await asyncio.create_subprocess_exec(
        *(interpreter(), "-I", str(program), "run", "--daemon", "--home", str(folder)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env={name: env[name] for name in KEPT if name in env},
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(PATIENCE):
            _, said = await process.communicate()
    except TimeoutError:
        process.kill()
        raise _failed(folder, f"it was not ready after {PATIENCE:.0f} s") from None
    if process.returncode != 0:
        raise _failed(folder, said.decode(errors="replace").strip())


async def told(programs: Path, env: Mapping[str, str], *words: str) -> str:
    """What a keeper's program prints that is run for an answer and ends."""
    ignore_by_git(programs.parent)
    program, _ = keeper_zipapp(programs)
    process = await asyncio.create_subprocess_exec(
        *(interpreter(), "-I", str(program), *words),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={name: env[name] for name in KEPT if name in env},
    )
    try:
        async with asyncio.timeout(PATIENCE):
            said, wrong = await process.communicate()
    except TimeoutError:
        raise _failed(programs, f"its program didn't answer `{words[0]}` for {PATIENCE:.0f} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise _failed(programs, wrong.decode(errors="replace").strip())
    return said.decode(errors="replace")


def ignore_by_git(home: Path) -> None:
    """A home below the repository is nobody's source; it says so itself."""
    home.mkdir(parents=True, exist_ok=True)
    if not (home / ".gitignore").exists():
        (home / ".gitignore").write_text("*\n")


def interpreter() -> str:
    """The real program behind ours: a virtual environment may be removed while the keeper lives."""
    return os.path.realpath(sys.executable)


def _failed(folder: Path, why: str) -> ProblemError:
    return ProblemError(
        Problem(
            code="K003",
            what="the keeper of this environment could not be started",
            fix=f"read {folder / 'keeper.log'}; `ecluse doctor` says what this machine lacks",
            evidence=tuple(why.splitlines()[-10:]),
            exit=Exit.UNREACHABLE,
        )
    )
