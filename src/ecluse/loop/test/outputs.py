"""What leaves a step's tree: declared outputs and the reports for its gates."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from ecluse.loop.code.trees import copy_any
from ecluse.model.app import Step
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.model.redaction import Finder, finder_for

_PIECE = 1 << 20


def collect(step: Step, tree: Path, into: Path, secrets: Iterable[str]) -> tuple[str, ...]:
    """Copy the declared outputs of `tree` to `into`, made when there are any; what was wrong with them."""
    finder = finder_for(secrets)
    faults = []
    for output in step.outputs:
        try:
            fault = _fault(tree, output, finder)
            if not fault:
                copy_any(tree / output, into / PurePosixPath(output))
        except OSError as error:
            fault = f"the declared output {output} can't be kept: {_said(error)} [E063]"
        if fault:
            faults.append(fault)
    return tuple(faults)


def reports(step: Step, tree: Path, pattern: str) -> tuple[Path, ...]:
    """The reports in the tree that a path or glob, relative to the step's folder, names; sorted."""
    if not pattern:
        return ()
    folder = tree / step.folder
    found = sorted(folder.glob(pattern)) if folder.is_dir() else []
    return tuple(path for path in found if path.is_file() and _inside(tree, path))


def read_report(path: Path, within: Path) -> bytes:
    """The content of a report, which lies at `within` the step's folder. One that can't be read: ProblemError E011."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ProblemError(
            Problem(
                code="E011",
                what=f"the report {within} can't be read: {error.strerror}",
                fix="let the command leave it readable",
                exit=Exit.REFUSED,
            )
        ) from error


def clear_reports(step: Step, tree: Path) -> None:
    """A report that was committed says nothing about this run."""
    for pattern in (step.evidence.junit, step.evidence.coverage):
        for path in reports(step, tree, pattern):
            path.unlink()


def _fault(tree: Path, output: str, finder: Finder | None) -> str:
    path = tree / output
    if not path.exists():
        return f"the declared output {output} isn't there [E006]"
    if not _inside(tree, path):
        return f"the declared output {output} lies outside of the step's tree [E007]"
    for entry in _entries(path):
        if odd := _odd(entry):
            return f"the declared output {output} can't be kept: it holds {odd} [E063]"
        if finder and _holds_one(entry, PurePosixPath(output) / entry.relative_to(path), finder):
            return f"the declared output {output} holds a secret [E008]"
    return ""


def _said(error: OSError) -> str:
    """Of a folder that couldn't be copied, what was said of the first of its files (shutil.Error)."""
    return str(error.args[0][0][2] if isinstance(error, shutil.Error) else error.strerror or error)


def _entries(path: Path) -> Iterator[Path]:
    """It, and all that it holds. Links to folders aren't followed; a folder that we may not read: OSError."""
    yield path
    if path.is_dir() and not path.is_symlink():
        for child in sorted(path.iterdir()):
            yield from _entries(child)


def _odd(path: Path) -> str:
    """What it is, if it is no file, folder or link: to open a pipe is to wait for whoever writes to it."""
    mode = path.lstat().st_mode
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode):
        return ""
    return "a pipe" if stat.S_ISFIFO(mode) else "a socket" if stat.S_ISSOCK(mode) else "a device"


def _inside(tree: Path, path: Path) -> bool:
    return path.resolve().is_relative_to(tree.resolve())


def _holds_one(path: Path, name: PurePosixPath, finder: Finder) -> bool:
    """A name tells it as well as what a file holds, or what a link leads to. `name` is the path as it is kept."""
    if finder.finds(os.fsencode(name)):
        return True
    if path.is_symlink():
        return finder.finds(os.fsencode(path.readlink()))
    return path.is_file() and _file_holds_one(path, finder)


def _file_holds_one(path: Path, finder: Finder) -> bool:
    kept = b""
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            kept += piece
            if finder.finds(kept):
                return True
            kept = kept[-finder.longest :]
    return False
