"""Contradictions in `[steps.NAME.matrix]`, and in what depends on it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ecluse.manifest.fault import Fault, KeyPath
from ecluse.manifest.matrix import PLACE, axes, cells, is_part, label, name_of
from ecluse.model.suggestion import suggest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecluse.manifest.schema.manifest import Manifest
    from ecluse.manifest.schema.step import MatrixTable, StepTable

BETWEEN = f"put {PLACE} into the path, which stands for the cell's label; the step finds it in ECLUSE_CELL"


def matrix_faults(manifest: Manifest) -> Iterator[Fault]:
    for name, step in manifest.steps.items():
        path = ("steps", name)
        yield from _paths(step, path)
        if step.matrix:
            yield from _with(step, step.matrix, path)
            yield from _cells(name, step.matrix, (*path, "matrix"))


def _with(step: StepTable, matrix: MatrixTable, path: KeyPath) -> Iterator[Fault]:
    """What says the same in another way."""
    if not step.command and (step.playbook or step.fabric):
        yield Fault(
            code="M080",
            path=(*path, "matrix"),
            what="what works on hosts is run once, and has no matrix",
            fix="remove the matrix",
            at_key=True,
        )
    if matrix.python and step.python:
        yield _twice((*path, "python"), "python", "python")
    for variable in step.env:
        if variable in matrix.env:
            yield _twice((*path, "env", variable), f"env.{variable}", f"env.{variable}")


def _twice(path: KeyPath, key: str, axis: str) -> Fault:
    return Fault(
        code="M081", path=path, what=f"the matrix gives `{axis}` its values, and `{key}` gives it another",
        fix=f"remove `{key}`", at_key=True,
    )  # fmt: skip


def _cells(name: str, matrix: MatrixTable, path: KeyPath) -> Iterator[Fault]:
    given = axes(matrix)
    yield from _exclusions(matrix, given, path)
    found = list(cells(matrix))
    named = Counter(map(label, found))
    for cell in found:
        if named.pop(label(cell), 1) > 1:
            yield Fault(
                code="M083", path=path, what=f"two cells would be called {name_of(name, cell)}",
                fix="let the values of an axis differ in letters, digits, `.`, `_` or `+`", at_key=True,
            )  # fmt: skip


def _exclusions(matrix: MatrixTable, given: dict[str, list[str]], path: KeyPath) -> Iterator[Fault]:
    """What is left out must have been there: a mistyped value would let the cell run."""
    for index, some in enumerate(matrix.exclude):
        at = (*path, "exclude", index)
        for axis, value in some.items():
            values = given.get(axis)
            if values is None:
                known = ", ".join(given) or "none"
                yield Fault(
                    code="M084", path=(*at, axis), what=f"{axis!r} is no axis of the matrix",
                    fix=suggest(axis, given) or f"name one of its axes: {known}", at_key=True,
                )  # fmt: skip
            elif value not in values:
                yield Fault(
                    code="M084", path=(*at, axis), what=f"{value!r} is no value of {axis}, so this leaves nothing out",
                    fix=suggest(value, values) or f"name one of its values: {', '.join(values)}",
                )  # fmt: skip
    for index, cell in enumerate(matrix.include):
        if any(is_part(some, cell) for some in matrix.exclude):
            yield Fault(
                code="M084", path=(*path, "include", index), what="the cell is included and excluded",
                fix="remove one of them",
            )  # fmt: skip


def _paths(step: StepTable, path: KeyPath) -> Iterator[Fault]:
    """Of two cells that left the same output the one that ends last would win."""
    several = step.matrix is not None and len(list(cells(step.matrix))) > 1
    for index, output in enumerate(step.outputs):
        if several and PLACE not in output:
            yield Fault(
                code="M085", path=(*path, "outputs", index), what=f"each cell would leave the same output {output!r}",
                fix=BETWEEN,
            )  # fmt: skip
    if step.matrix is None:
        named = [(("outputs", index), output) for index, output in enumerate(step.outputs)]
        listed = [(("known_failures",), step.known_failures)] if step.known_failures else []
        for where, text in (*named, *listed):
            if PLACE in text:
                yield Fault(
                    code="M086", path=(*path, *where), what=f"{PLACE} stands for a cell, and the step has no matrix",
                    fix=f"remove {PLACE}, or declare [{'.'.join(map(str, path))}.matrix]",
                )  # fmt: skip
