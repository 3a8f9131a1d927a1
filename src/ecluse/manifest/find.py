"""Where the manifest is: `ecluse.toml`, or `[tool.ecluse]` in pyproject.toml."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecluse.model.problem import Place, Problem, ProblemError
from ecluse.model.values import frozen

if TYPE_CHECKING:
    from pathlib import Path

OWN = "ecluse.toml"
SHARED = "pyproject.toml"


@frozen
class Found:
    """The manifest's file. `table` leads to our part of it: empty, or `("tool", "ecluse")`."""

    path: Path
    data: bytes
    table: tuple[str, ...] = ()

    @property
    def may_name_apps(self) -> bool:
        """Most manifests needn't be parsed to know that they don't."""
        return b"apps" in self.data


def find(where: Path) -> Found:
    """The manifest at `where`, a file or a repository's root. None, two, or one that can't be read: ProblemError."""
    try:
        return _find(where)
    except OSError as error:
        raise ProblemError(_unreadable(where, error)) from error


def _find(where: Path) -> Found:
    if not where.is_dir():
        return Found(path=where, data=where.read_bytes(), table=("tool", "ecluse") if where.name == SHARED else ())
    found = find_any(where)
    if found is None:
        raise ProblemError(_none(where))
    return found


def find_any(root: Path) -> Found | None:
    """The manifest of a repository's root, if it has one. Two: ProblemError."""
    own, shared = root / OWN, root / SHARED
    return in_tree(
        root,
        own.read_bytes() if own.exists() else None,
        shared.read_bytes() if shared.is_file() else None,
    )


def in_tree(root: Path, own: bytes | None, shared: bytes | None) -> Found | None:
    """The manifest of a tree whose two files, if it has them, hold that; `root` is only where they would lie."""
    if own is not None:
        if shared is not None and _declares(shared):
            raise ProblemError(_two())
        return Found(path=root / OWN, data=own)
    if shared is not None and _declares(shared):
        return Found(path=root / SHARED, data=shared, table=("tool", "ecluse"))
    return None


def _declares(data: bytes) -> bool:
    """A pyproject.toml that is broken, and doesn't look like ours, is other people's business."""
    if b"ecluse" not in data:
        return False
    import tomllib  # noqa: PLC0415  a cached manifest does without

    try:
        tool = tomllib.loads(data.decode()).get("tool")
    except ValueError:
        return b"[tool.ecluse" in data
    return isinstance(tool, dict) and "ecluse" in tool


def _unreadable(where: Path, error: OSError) -> Problem:
    return Problem(
        code="M003",
        what=f"the manifest can't be read: {error.strerror}",
        fix="give yourself the right to read it (chmod u+r), or name another file",
        where=Place(file=str(error.filename or where)),
    )


def _none(root: Path) -> Problem:
    return Problem(
        code="M001",
        what=f"no {OWN} and no [tool.ecluse] in {SHARED}",
        fix="run `ecluse init`: it looks at the repository and writes one",
        where=Place(file=str(root)),
    )


def _two() -> Problem:
    return Problem(
        code="M002",
        what=f"the manifest stands in two files: {OWN} and [tool.ecluse] of {SHARED}",
        fix=f"keep {OWN} and remove [tool.ecluse], or the other way round",
        where=Place(file=OWN),
    )
