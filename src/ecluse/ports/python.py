"""Interpreters, locked environments and wheelhouses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ecluse.model.app import Build
from ecluse.model.artifact import Wheelhouse


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreter:
    """A Python on this machine. `path` is the real binary, never a version manager's shim."""

    version: str
    """`X.Y.Z`"""
    path: Path

    @property
    def minor(self) -> str:
        return ".".join(self.version.split(".")[:2])


class Toolchain(Protocol):
    """Makes what the app needs to run. Everything is kept under the hash of what it was made from, so a
    second call with the same question is quick and needs no network. What fails is a ProblemError with a B code that
    quotes the resolver. Nothing is ever installed into the user's own environment. `identity` names what `tree`
    holds (a commit): then the tree isn't read to find out whether it is known; it stays empty for a tree that changes.
    """

    def interpreters(self) -> tuple[Interpreter, ...]:
        """Every CPython found, on PATH and in version managers' folders, newest first."""

    async def choose(self, tree: Path, build: Build) -> Interpreter:
        """The interpreter for the app in `tree`: `build.python` if set, else what the repository asks for."""

    async def environment(
        self, tree: Path, build: Build, *, tests: bool, identity: str = "", say: Callable[[str], None] = ...
    ) -> Path:
        """A virtual environment with the app's locked dependencies, plus those of its tests when `tests`, and the
        project itself when it declares a build backend (installed editable-free, from `tree`). Returns its folder."""

    async def wheelhouse(
        self,
        tree: Path,
        build: Build,
        *,
        servers: tuple[str, ...],
        identity: str = "",
        say: Callable[[str], None] = ...,
    ) -> Wheelhouse:
        """The wheels for running, put into the content store. `servers` are texts of pinned requirements with
        hashes, resolved apart from the app."""
