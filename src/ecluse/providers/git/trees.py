"""What git says about trees, and writing one out: raw blobs, so that no filter, attribute or setting changes a byte."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from ecluse.model.problem import Place, Problem, ProblemError
from ecluse.ports.source import Entry
from ecluse.providers.git.problems import git_failed

_MODES = {"100644": "file", "100664": "file", "100755": "executable", "120000": "link"}
_PERMISSIONS = {"file": 0o644, "executable": 0o755}
_SUBMODULE = "160000"
_TOLD = 2
"""Behind an object's name: its type and its size (git-cat-file(1), BATCH OUTPUT)."""


def parse_tree(listing: bytes) -> tuple[Entry, ...]:
    """The answer to `ls-tree -r -z` (git-ls-tree(1), OUTPUT FORMAT)."""
    entries, problems = [], []
    for line in filter(None, listing.split(b"\0")):
        head, _, name = line.partition(b"\t")
        mode, _, blob = head.decode().split(" ")
        path = os.fsdecode(name)
        if mode == _SUBMODULE:
            problems.append(submodule(path))
        elif not is_inside(path):
            problems.append(_dangerous(path))
        else:
            entries.append(Entry(path=path, mode=_MODES[mode], object=blob))
    if problems:
        raise ProblemError(*problems)
    return tuple(sorted(entries, key=lambda entry: entry.path))


def is_inside(path: str) -> bool:
    """Whether a path of a tree stays in the tree and out of `.git`; git's own tools refuse others too."""
    parts = PurePosixPath(path).parts
    return not path.startswith("/") and not {"..", ".git"} & {part.lower() for part in parts}


def write_tree(folder: Path, entries: Iterable[Entry], blobs: BinaryIO) -> None:
    """Write `entries` into `folder`; `blobs` is the answer to `cat-file --batch` for their objects in that order.

    Links come last, so that nothing is ever written through one.
    """
    made: set[Path] = set()
    links: list[tuple[Path, bytes]] = []
    for entry in entries:
        _, size = told(blobs.readline())
        path = folder / entry.path
        _make_folder(path.parent, made)
        if entry.mode == "link":
            links.append((path, blobs.read(size)))
        else:
            _write_file(path, blobs, size, _PERMISSIONS[entry.mode])
        blobs.read(1)
    for path, text in links:
        path.symlink_to(os.fsdecode(text))


def told(line: bytes) -> tuple[str, int]:
    """Of `cat-file --batch` about an object: its name and its size. ProblemError C007 for one that isn't there."""
    name, *fields = line.decode().split()
    if len(fields) != _TOLD:
        raise ProblemError(git_failed("cat-file", line.decode().strip()))
    return name, int(fields[1])


def there(root: Path, names: Iterable[str]) -> tuple[str, ...]:
    """The names that are files or links below `root`, sorted. What lies behind a link to a folder isn't there."""
    links: dict[str, bool] = {"": False}
    found = []
    for name in names:
        if _leads_away(root, name.rpartition("/")[0], links):
            continue
        try:
            mode = os.lstat(f"{root}/{name}").st_mode  # text: a Path each took most of what 20,000 names take
        except (FileNotFoundError, NotADirectoryError):
            continue
        if stat.S_ISDIR(mode):
            raise ProblemError(submodule(name))
        if stat.S_ISREG(mode) or stat.S_ISLNK(mode):
            found.append(name)
    return tuple(sorted(found))


def _leads_away(root: Path, folder: str, links: dict[str, bool]) -> bool:
    """Whether a link stands on the way to `folder`; `links` remembers it of each folder."""
    known = links.get(folder)
    if known is None:
        known = _leads_away(root, folder.rpartition("/")[0], links) or (root / folder).is_symlink()
        links[folder] = known
    return known


def copy_working(root: Path, names: Iterable[str], folder: Path) -> None:
    """Copy the files of a working tree as they lie."""
    made: set[Path] = set()
    for name in names:
        source, path = root / name, folder / name
        _make_folder(path.parent, made)
        if source.is_symlink():
            path.symlink_to(source.readlink())
        elif source.is_file():
            shutil.copyfile(source, path)
            path.chmod(0o755 if source.stat().st_mode & stat.S_IXUSR else 0o644)


def _make_folder(folder: Path, made: set[Path]) -> None:
    if folder not in made:
        folder.mkdir(parents=True, exist_ok=True)
        made.add(folder)


def _write_file(path: Path, blobs: BinaryIO, size: int, mode: int) -> None:
    with path.open("xb") as file:
        while size:
            piece = blobs.read(min(size, 1 << 20))
            if not piece:
                raise EOFError(f"git's answer ended in {path.name}")
            file.write(piece)
            size -= len(piece)
        os.fchmod(file.fileno(), mode)


def submodule(path: str) -> Problem:
    return Problem(
        code="C004",
        where=Place(file=path),
        what="this is a git submodule, and its files are not part of the commit",
        fix="put the files into the repository (`git subtree add`), or depend on them as a package",
    )


def _dangerous(path: str) -> Problem:
    return Problem(
        code="C006",
        where=Place(file=path),
        what="the commit has a path that would be written outside of its own tree",
        fix="don't trust this repository; `git fsck` says more",
    )
