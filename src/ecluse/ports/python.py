"""Interpreters, locked environments and wheelhouses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ecluse.model.problem import Problem, ProblemError
from ecluse.model.values import frozen

if TYPE_CHECKING:
    from ecluse.model.app import Build
    from ecluse.model.artifact import Wheelhouse
    from ecluse.model.platform import Platform

OLDEST = (3, 8)
"""No older Python is served: the installer of a release runs with none."""


@frozen
class Interpreter:
    """A Python on this machine. `path` is the real binary, never a version manager's shim."""

    version: str
    """`X.Y.Z`"""
    path: Path

    @property
    def minor(self) -> str:
        return ".".join(self.version.split(".")[:2])


class UnbuiltError(ProblemError):
    """Packages that have no wheel for this Python and don't build: their names, none for the project itself.

    `lacking` is what isn't there to build with, where the build says so.
    """

    def __init__(self, *problems: Problem, packages: tuple[str, ...] = (), lacking: str = "") -> None:
        super().__init__(*problems)
        self.packages, self.lacking = packages, lacking


class OtherPythonError(ProblemError):
    """What is asked for needs another Python than the chosen one: `wanted` are specifiers (`>=3.12`)."""

    def __init__(self, *problems: Problem, wanted: tuple[str, ...]) -> None:
        super().__init__(*problems)
        self.wanted = wanted


class Toolchain(Protocol):
    """Makes what the app needs to run. Everything is kept under the hash of what it was made from, so a
    second call with the same question is quick and needs no network. What fails is a ProblemError with a B code that
    quotes the resolver, an UnbuiltError or OtherPythonError where it is one. Nothing is ever installed into the user's
    own environment. `identity` names what `tree` holds (a commit): then the tree isn't read to find out whether it is
    known; it stays empty for a tree that changes.
    """

    def interpreters(self) -> tuple[Interpreter, ...]:
        """Every CPython found, on PATH and in version managers' folders, newest first."""

    def fitting(self, tree: Path, build: Build) -> tuple[Interpreter, ...]:
        """Those that nothing in the project rules out, each minor version once, newest first: `build.python` isn't
        asked."""

    def ask(self, interpreter: Interpreter, script: str) -> str:
        """What the script prints when that Python runs it, isolated from the user's settings; empty if it fails."""

    async def choose(self, tree: Path, build: Build) -> Interpreter:
        """The interpreter for the app in `tree`: `build.python` if set, else what the repository asks for."""

    async def environment(
        self, tree: Path, build: Build, *, tests: bool, identity: str = "", say: Callable[[str], None] = ...
    ) -> Path:
        """A virtual environment with the app's locked dependencies, plus those of its tests when `tests`, and the
        project itself when it declares a build backend (installed editable-free, from `tree`). Returns its folder."""

    def content_of(self, environment: Path) -> str:
        """A name for the Python and the packages of an environment that was made here: equal on another machine with
        the same ones."""

    def versions_in(self, content: str) -> Mapping[str, str]:
        """The versions of Python (`Python`) and of each package in what `content_of` names so; empty where no such
        environment is here any more."""

    async def wheelhouse(
        self,
        tree: Path,
        build: Build,
        *,
        servers: tuple[str, ...],
        identity: str = "",
        say: Callable[[str], None] = ...,
        platform: Platform | None = None,
    ) -> Wheelhouse:
        """The wheels for running, put into the content store. `servers` are texts of pinned requirements with
        hashes, resolved apart from the app. For another `platform` than that of the chosen interpreter it is the
        versions that this one has; ProblemError B023 where there is no wheel of one, and none can be built here."""

    def suits(self, tree: Path, build: Build, versions: Sequence[str]) -> str:
        """Which of the Pythons of a host is the one for the app; as `choose`, but ProblemError B002 for none."""

    def serves(self, house: Wheelhouse, platform: Platform) -> bool:
        """Whether all wheels of the house run there."""
