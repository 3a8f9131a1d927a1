"""The environments of tools: uv fills each from its lock in this package (`tools/NAME.txt`)."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Callable, Mapping
from importlib.resources import files
from pathlib import Path

from uv import find_uv_bin

from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.ports.commands import CommandRunner, Finished
from ecluse.providers.uv import failure
from ecluse.providers.uv.complete import COMPLETE, is_complete, is_whole, use
from ecluse.providers.uv.keep import keep, key_of
from ecluse.providers.uv.program import Uv
from ecluse.providers.uv.scratch import scratch_root
from ecluse.providers.uv.settings import pip_settings, uv_environment, without_pip
from ecluse.providers.uv.turns import turn

KEPT = 2
"""Environments of one tool: two versions of Écluse that are used in turns don't fetch it each time."""
UNBOUND = {"UV_CONSTRAINT": "", "UV_BUILD_CONSTRAINT": "", "UV_OVERRIDE": ""}
"""The user's own limits: the lock has all versions, and uv refuses limits without hashes beside it."""


class Shelf:
    """The work behind UvToolbox, apart from it because of what it has to import."""

    def __init__(self, *, home: Path, env: Mapping[str, str], commands: CommandRunner, python: Path) -> None:
        pip = pip_settings(env)
        self._uv = Uv(Path(find_uv_bin()), uv_environment(env, pip), commands, home, without_pip(env, pip))
        self._home, self._folder, self._python = home, home / "tools", python

    async def program(self, tool: str, name: str, say: Callable[[str], None]) -> Path:
        folder = self._folder / f"{tool}-{key_of(digest(tool), str(self._python))[:12]}"
        program = folder / "bin" / (name or tool)
        if not _is_whole(folder, program):
            with failure.disk(self._home):
                self._folder.mkdir(parents=True, exist_ok=True)
                async with turn(self._folder / f"{tool}.lock"):
                    if not _is_whole(folder, program):
                        await self._make(tool, folder, say)
                        self._forget_oldest(tool)
        use(folder)
        return program

    async def _make(self, tool: str, folder: Path, say: Callable[[str], None]) -> None:
        """Made where it stays: an environment can't be moved."""
        say(f"installing {tool} {version(tool)}")
        shutil.rmtree(folder, ignore_errors=True)
        try:
            await self._run(tool, "venv", str(folder), "-p", str(self._python), "--no-project")
            lock = folder / "lock.txt"
            lock.write_text(_lock(tool), encoding="utf-8")
            into = ("-p", str(folder / "bin" / "python"))
            await self._run(
                tool, "pip", "install", *into, "--no-deps", "--require-hashes", "--compile-bytecode", "-r", str(lock)
            )
            keep(folder / COMPLETE, {"tool": tool, "version": version(tool)})
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    async def _run(self, tool: str, *arguments: str) -> None:
        done = await self._uv.run(*arguments, folder=scratch_root(self._home), env=UNBOUND)
        if not done.ok:
            raise failure.full(self._home) or ProblemError(_missing(tool, done))

    def _forget_oldest(self, tool: str) -> None:
        own = re.compile(rf"{re.escape(tool)}-[0-9a-f]{{12}}")
        complete = [one for one in self._folder.iterdir() if own.fullmatch(one.name) and is_complete(one)]
        by_use = sorted(complete, key=lambda folder: (folder / COMPLETE).stat().st_mtime, reverse=True)
        for folder in by_use[KEPT:]:
            (folder / COMPLETE).unlink()
            shutil.rmtree(folder, ignore_errors=True)


def _is_whole(folder: Path, program: Path) -> bool:
    return is_whole(folder) and program.exists()


def tools() -> tuple[str, ...]:
    """Every tool that can be had, in alphabetical order."""
    names = (Path(entry.name) for entry in files(__package__).joinpath("tools").iterdir())
    return tuple(sorted(name.stem for name in names if name.suffix == ".txt"))


def version(tool: str) -> str:
    """Of the package that the tool is."""
    found = re.search(rf"^{re.escape(_asked_for(tool))}==(\S+)", _lock(tool), re.MULTILINE)
    return found[1] if found else ""


def digest(tool: str) -> str:
    return "sha256:" + hashlib.sha256(_lock(tool).encode()).hexdigest()


def _lock(tool: str) -> str:
    return _read(tool, "txt")


def _asked_for(tool: str) -> str:
    return _read(tool, "in").split()[0]


def _read(tool: str, kind: str) -> str:
    file = files(__package__).joinpath("tools", f"{tool}.{kind}")
    if not file.is_file():
        raise KeyError(tool)
    return file.read_text(encoding="utf-8")


def _missing(tool: str, done: Finished) -> Problem:
    return Problem(
        code="G001",
        what=f"{tool} {version(tool)} could not be fetched, and it isn't here yet",
        evidence=failure.last_words(done),
        state="nothing was installed",
        fix="check the network, its proxy and pip's index settings, then run it again; once fetched, it is kept",
        exit=Exit.REFUSED,
    )
