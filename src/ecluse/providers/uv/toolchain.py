"""UvToolchain: the port's questions. What it takes to answer the long ones is imported when one is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ecluse.ports.python import Interpreter
from ecluse.providers.uv.complete import Remembered, content_of, versions_in
from ecluse.providers.uv.interpreters import Ask, Found, find
from ecluse.providers.uv.trees import tree_key

if TYPE_CHECKING:
    from ecluse.model.app import Build
    from ecluse.model.artifact import Wheelhouse
    from ecluse.model.platform import Platform
    from ecluse.ports.commands import CommandRunner
    from ecluse.ports.store import ContentStore
    from ecluse.providers.uv.making import Maker


def silent(_line: str) -> None:
    """Says nothing."""


class UvToolchain:
    """Fills ports.python.Toolchain. What it keeps lies below `home` and may be removed at any time.

    `ask` runs a script in an interpreter (system/python.py). `installer` is the pinned requirement of the pip that
    hosts install with; its own pin where it is empty.
    """

    def __init__(
        self,
        *,
        home: Path,
        env: Mapping[str, str],
        commands: CommandRunner,
        store: ContentStore,
        ask: Ask,
        installer: str = "",
    ) -> None:
        self._installer = installer
        self._home, self._env, self._commands, self._store, self._ask = home, env, commands, store, ask
        self._remembered = Remembered(home, env)

    def interpreters(self) -> tuple[Interpreter, ...]:
        return tuple(found.interpreter for found in self._found)

    def fitting(self, tree: Path, build: Build) -> tuple[Interpreter, ...]:
        return self._maker.fitting(tree, build)

    def ask(self, interpreter: Interpreter, script: str) -> str:
        return self._ask(interpreter.path, script)

    async def choose(self, tree: Path, build: Build) -> Interpreter:
        return self._maker.chosen(tree, build).interpreter

    async def environment(
        self, tree: Path, build: Build, *, tests: bool, identity: str = "", say: Callable[[str], None] = silent
    ) -> Path:
        with self._disk():
            content = identity or await asyncio.to_thread(tree_key, tree)
            key = self._remembered.key(content, build, self._found, tests=tests)
            if known := self._remembered.of(key):
                return known
            made = await self._maker.environment(tree, build, tests=tests, identity=identity, say=say)
            self._remembered.keep(key, made)
        return made

    def content_of(self, environment: Path) -> str:
        return content_of(environment)

    def versions_in(self, content: str) -> Mapping[str, str]:
        return versions_in(self._home / "envs", content)

    async def wheelhouse(
        self,
        tree: Path,
        build: Build,
        *,
        servers: tuple[str, ...],
        identity: str = "",
        say: Callable[[str], None] = silent,
        platform: Platform | None = None,
    ) -> Wheelhouse:
        with self._disk():
            return await self._maker.wheelhouse(
                tree, build, servers=servers, identity=identity, say=say, platform=platform
            )

    def suits(self, tree: Path, build: Build, versions: Sequence[str]) -> str:
        return self._maker.suits(tree, build, versions)

    def serves(self, house: Wheelhouse, platform: Platform) -> bool:
        from ecluse.providers.uv import platforms  # noqa: PLC0415  only where hosts are others than this machine

        return platforms.serves(house, platform)

    @contextmanager
    def _disk(self) -> Iterator[None]:
        """Whatever is written inside: a full disk is a Problem."""
        try:
            yield
        except OSError as error:
            from ecluse.providers.uv.failure import of_os_error  # noqa: PLC0415  as below

            if problem := of_os_error(error, self._home):
                raise problem from error
            raise

    @cached_property
    def _maker(self) -> Maker:
        from ecluse.providers.uv.making import Maker  # noqa: PLC0415  100 ms that `ship` with nothing to do saves

        return Maker(
            home=self._home,
            env=self._env,
            commands=self._commands,
            store=self._store,
            installer=self._installer or _pip(),
            find=lambda: self._found,
        )

    @cached_property
    def _found(self) -> tuple[Found, ...]:
        """Looked for once in the life of a command: it lists every folder on PATH and of the version managers."""
        return find(self._env, self._home / "cache" / "interpreters.json", self._ask)


def _pip() -> str:
    from importlib.resources import files  # noqa: PLC0415

    return files(__package__).joinpath("pip.txt").read_text(encoding="utf-8")
