"""The bench on which an entry point is tried: a tree that may be written to, an environment, a server's packages."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

from ecluse.loop.build.servers import server_requirements
from ecluse.loop.code.checkout import Checkout, compose
from ecluse.loop.code.workplace import Workplace, remove_tree
from ecluse.loop.services.scratch import Scratch
from ecluse.loop.test.surroundings import SYSTEM_PATH, veil
from ecluse.model.app import App, Build
from ecluse.ports.commands import Command, Finished
from ecluse.ports.world import World
from ecluse.wire import page
from ecluse.wire.archive import zipapp

SCRIPTS = ("probe.py", "loading.py", "trial.py")

PASSING = tuple(Path(name) for name in ("/tmp", "/var", "/run"))  # noqa: S108 (programs write there by custom)
"""Beside its own tree and home, the only places to which an app that is tried can write."""


@dataclass(slots=True, kw_only=True)
class Bench:
    """Lives as long as one `init`. `until` is when its time is over, on the world's monotonic clock."""

    world: World
    place: Workplace
    checkout: Checkout
    until: float
    services: Scratch
    built: Path | None = None
    """A folder with what the front end's build left, once it was built; it is in each tree that is tried."""
    outputs: tuple[str, ...] = ()
    _count: int = field(default=0, init=False)

    @property
    def tree(self) -> Path:
        """The copy of the repository that is tried; made by `renew`."""
        return self.place.folder / "tried"

    @property
    def tools(self) -> Path:
        return self.place.folder / "tools"

    @property
    def left(self) -> float:
        """Seconds that remain."""
        return self.until - self.world.clock.monotonic()

    async def lay_out(self) -> None:
        """The launcher and the scripts that probe and ask, as files that the app's own Python can run."""
        await asyncio.to_thread(_lay_out, self.tools)

    async def renew(self) -> None:
        """A fresh tree, a fresh home: nothing of an earlier try is left."""
        await asyncio.to_thread(self._renew)

    async def environment(self, build: Build, *, tests: bool) -> Path:
        name, (tree, seen) = "environment", self.checkout.sources(build)
        return await self.world.toolchain.environment(
            tree, seen, tests=tests, say=lambda text: self.world.reporter.line(name, text)
        )

    async def server_packages(self, app: App, environment: Path) -> Path:
        """A folder with the packages of the server that Écluse starts, for the Python of `environment`."""
        python = next((environment / "lib").glob("python3.*")).name.removeprefix("python")
        folder = self.place.folder / f"server-{python}"
        await asyncio.to_thread(_write_requirements, folder, server_requirements(app, python))
        build = Build(python=python, requirements=("requirements.txt",))
        made = await self.world.toolchain.environment(folder, build, tests=False)
        return made / "lib" / f"python{python}" / "site-packages"

    async def run(
        self, argv: tuple[str, ...], *, environment: Path, env: Mapping[str, str], folder: str = ".", seconds: float
    ) -> Finished:
        """A program in the tried tree, with nothing of the caller's environment."""
        command = Command(
            argv=argv,
            folder=self.tree / folder,
            env=self.surroundings(environment, env),
            timeout=timedelta(seconds=max(1.0, min(seconds, self.left))),
            on_output=lambda text: self.world.reporter.line("try", text),
            veiled=veil(self.world.root, environment, self.world.home),
            shown=(self.world.home, self.place.folder, self.place.scratch),
            writable=(self.place.folder, self.place.scratch, *PASSING),
        )
        return await self.world.commands.run(command)

    async def question(
        self, script: str, asked: Mapping[str, Any], *, environment: Path, env: Mapping[str, str], seconds: float
    ) -> tuple[Mapping[str, Any] | None, Finished]:
        """The answer of one of our scripts, None when it was ended before it gave one."""
        self._count += 1
        answer = self.place.folder / f"answer-{self._count}.json"
        told = json.dumps({**asked, "answer": str(answer)})
        argv = (str(environment / "bin" / "python"), str(self.tools / script), told)
        finished = await self.run(argv, environment=environment, env=env, seconds=seconds)
        return await asyncio.to_thread(_read_answer, answer), finished

    def surroundings(self, environment: Path, env: Mapping[str, str]) -> dict[str, str]:
        scratch = self.place.scratch
        return {
            "PATH": f"{environment / 'bin'}:{SYSTEM_PATH}",
            "VIRTUAL_ENV": str(environment),
            "LANG": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",
            "HOME": str(scratch / "home"),
            "TMPDIR": str(scratch / "tmp"),
            **env,
        }

    def _renew(self) -> None:
        scratch = (self.place.scratch / "home", self.place.scratch / "tmp")
        for folder in (self.tree, *scratch):
            if folder.exists():
                remove_tree(folder)
        self.tree.mkdir()
        compose(self.checkout, None, (self.built,) if self.built else (), self.tree)
        for folder in scratch:
            folder.mkdir()


def _lay_out(folder: Path) -> None:
    folder.mkdir()
    for name in SCRIPTS:
        (folder / name).write_bytes(files("ecluse.serving").joinpath(name).read_bytes())
    (folder / "launch").write_bytes(zipapp("ecluse.serving", ["ecluse.serving", "ecluse.wire"]))
    page.create(str(folder / "page"))


def _write_requirements(folder: Path, texts: tuple[str, ...]) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "requirements.txt").write_text("\n".join(texts), encoding="utf-8")


def _read_answer(path: Path) -> Mapping[str, Any] | None:
    if not path.exists():
        return None
    answer: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return answer
