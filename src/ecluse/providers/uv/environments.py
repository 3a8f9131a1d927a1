"""Virtual environments, each filled once and then only read, named by what is in them."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from ecluse.model.artifact import Wheel
from ecluse.model.counted import counted
from ecluse.ports.store import ContentStore
from ecluse.providers.uv import failure
from ecluse.providers.uv.complete import COMPLETE, is_complete, is_whole, use
from ecluse.providers.uv.interpreters import Found
from ecluse.providers.uv.keep import keep, key_of
from ecluse.providers.uv.program import Say, Uv
from ecluse.providers.uv.scratch import scratch, scratch_root
from ecluse.providers.uv.turns import turn

KEPT = 8


class Environments:
    def __init__(self, uv: Uv, home: Path, store: ContentStore) -> None:
        self._uv, self._folder, self._home, self._store = uv, home / "envs", home, store

    async def filled(self, wheels: Sequence[Wheel], python: Found, say: Say) -> Path:
        """An environment with exactly these wheels. Safe for several at once, in several processes."""
        key = key_of(python.path, python.version, [(wheel.name, wheel.digest) for wheel in wheels])[:16]
        folder = self._folder / key
        if is_whole(folder):
            return use(folder)
        self._folder.mkdir(parents=True, exist_ok=True)
        async with turn(self._folder / f"{key}.lock"):
            if not is_whole(folder):
                await self._fill(folder, wheels, python, say)
                self._forget_oldest()
        return folder

    def _forget_oldest(self) -> None:
        """Keep the environments that were used last: each commit of a package makes one."""
        complete = [folder for folder in self._folder.iterdir() if is_complete(folder)]
        by_use = sorted(complete, key=lambda folder: (folder / COMPLETE).stat().st_mtime, reverse=True)
        for folder in by_use[KEPT:]:
            (folder / COMPLETE).unlink()
            shutil.rmtree(folder, ignore_errors=True)

    async def _fill(self, folder: Path, wheels: Sequence[Wheel], python: Found, say: Say) -> None:
        """Made where it stays: an environment can't be moved."""
        say(f"installing {counted(len(wheels), 'package')} for Python {python.version}")
        shutil.rmtree(folder, ignore_errors=True)
        try:
            await self._checked("venv", str(folder), "-p", python.path, "--no-project")
            if wheels:
                await self._install(folder, wheels)
            content = key_of(python.version, python.machine, [(wheel.name, wheel.digest) for wheel in wheels])
            names = [wheel.name for wheel in wheels]
            keep(folder / COMPLETE, {"python": python.version, "wheels": names, "content": content})
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    async def _install(self, folder: Path, wheels: Sequence[Wheel]) -> None:
        with scratch(self._home, "links") as links:
            for wheel in wheels:
                (links / wheel.name).symlink_to(self._store.path(wheel.digest))
            wanted = links / "wanted.txt"
            wanted.write_text("".join(f"{_pin(wheel.name)}\n" for wheel in wheels), encoding="utf-8")
            await self._checked(
                "pip", "install", "-p", str(folder / "bin" / "python"), "--no-deps", "--offline", "--no-index",
                "--find-links", str(links), "-r", str(wanted), "--compile-bytecode",
            )  # fmt: skip

    async def _checked(self, *arguments: str) -> None:
        bare = {name: "" for name in self._uv.env if name.startswith("UV_") and "CACHE" not in name}
        done = await self._uv.run(*arguments, folder=scratch_root(self._home), env=bare)
        if not done.ok:
            raise failure.uninstalled(done, self._home)


def _pin(wheel: str) -> str:
    name, version = wheel.split("-")[:2]
    return f"{name}=={version}"
