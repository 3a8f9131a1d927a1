"""The cells of a step's matrix. Pure."""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

PYTHON = "python"
PLACE = "{cell}"
"""In a path, where the label of the cell goes."""
MOST = 100
"""Cells of one step."""

Cell = dict[str, str]
"""A value for each axis, in the axes' order."""

_UNFIT = re.compile(r"[^A-Za-z0-9._+]+")


class Axes(Protocol):
    """A matrix as the manifest has it."""

    @property
    def python(self) -> Sequence[str]: ...
    @property
    def env(self) -> Mapping[str, list[str]]: ...
    @property
    def exclude(self) -> Sequence[Mapping[str, str]]: ...
    @property
    def include(self) -> Sequence[Mapping[str, str]]: ...


def cells(matrix: Axes) -> Iterator[Cell]:
    """Each once: the combinations that aren't excluded, then those that are included."""
    found = [cell for cell in _combinations(matrix) if not any(is_part(one, cell) for one in matrix.exclude)]
    for cell in matrix.include:
        ordered = {axis: cell[axis] for axis in (PYTHON, *matrix.env, *cell) if axis in cell}
        if ordered not in found:
            found.append(ordered)
    yield from found


def axes(matrix: Axes) -> dict[str, list[str]]:
    """What may be combined, `python` first."""
    return {**({PYTHON: list(matrix.python)} if matrix.python else {}), **matrix.env}


def is_part(some: Mapping[str, str], cell: Mapping[str, str]) -> bool:
    return some.items() <= cell.items()


def label(cell: Cell) -> str:
    """What tells it from others, fit for paths: `3.12-postgres`."""
    return "-".join(_UNFIT.sub("_", value) or "_" for value in cell.values())


def name_of(step: str, cell: Cell) -> str:
    return f"{step}[{label(cell)}]"


def _combinations(matrix: Axes) -> Iterator[Cell]:
    given = axes(matrix)
    if given:
        for values in product(*(dict.fromkeys(of) for of in given.values())):
            yield dict(zip(given, values, strict=True))
