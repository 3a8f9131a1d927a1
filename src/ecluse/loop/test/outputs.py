"""What leaves a step's tree: declared outputs and the reports for its gates."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from ecluse.loop.code.trees import copy_any, list_files
from ecluse.model.app import Step
from ecluse.model.redaction import Finder, finder_for

_PIECE = 1 << 20


def collect(step: Step, tree: Path, into: Path, secrets: Iterable[str]) -> tuple[str, ...]:
    """Copy the declared outputs of `tree` to `into`, made when there are any; what was wrong with them."""
    finder = finder_for(secrets)
    faults = []
    for output in step.outputs:
        fault = _fault(tree, output, finder)
        if fault:
            faults.append(fault)
        else:
            copy_any(tree / output, into / PurePosixPath(output))
    return tuple(faults)


def reports(step: Step, tree: Path, pattern: str) -> tuple[Path, ...]:
    """The reports in the tree that a path or glob, relative to the step's folder, names; sorted."""
    if not pattern:
        return ()
    folder = tree / step.folder
    found = sorted(folder.glob(pattern)) if folder.is_dir() else []
    return tuple(path for path in found if path.is_file() and _inside(tree, path))


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
    files = [path / name for name in list_files(path)] if path.is_dir() else [path]
    if finder and any(_holds_one(file, finder) for file in files if file.is_file()):
        return f"the declared output {output} holds a secret [E008]"
    return ""


def _inside(tree: Path, path: Path) -> bool:
    return path.resolve().is_relative_to(tree.resolve())


def _holds_one(path: Path, finder: Finder) -> bool:
    kept = b""
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            kept += piece
            if finder.finds(kept):
                return True
            kept = kept[-finder.longest :]
    return False
