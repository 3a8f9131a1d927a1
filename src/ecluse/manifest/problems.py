"""From what pydantic found, and what the checks found, to Problems with places."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecluse.manifest.fault import Fault, KeyPath, dotted
from ecluse.manifest.keys import section_at, sections
from ecluse.manifest.meant import meant
from ecluse.model.problem import Place, Problem
from ecluse.model.suggestion import nearest, suggest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

    from ecluse.manifest.positions import Positions

_RANGES = frozenset({"greater_than", "greater_than_equal", "less_than_equal", "too_short"})
_WANTED = {
    "string_type": ("text", 'write it in quotes: "…"'),
    "int_type": ("a whole number", "write digits, without quotes"),
    "float_type": ("a number", "write digits, without quotes"),
    "bool_type": ("true or false", "write true or false, without quotes"),
    "list_type": ("a list", 'write it in brackets: ["…"]'),
    "dict_type": ("a table", "open it by [its.name], or write { key = … }"),
    "model_type": ("a table", "open it by [its.name], or write { key = … }"),
    "time_delta_type": ("a duration", 'write it like "30s" or "10m", or as a number of seconds'),
}
"""pydantic's stable error types, in the words of the person who wrote the file."""


def faults_of(error: ValidationError) -> list[Fault]:
    """Every error as a Fault."""
    return [_fault(detail) for detail in error.errors(include_url=False)]


def _fault(detail: ErrorDetails) -> Fault:
    is_name = detail["loc"][-1:] == ("[key]",)
    path: KeyPath = detail["loc"][:-1] if is_name else detail["loc"]
    kind, context = detail["type"], detail.get("ctx", {})
    if kind[:1] == "M":
        return Fault(code=kind, path=path, what=_about(path, detail["msg"]), fix=context["fix"], at_key=is_name)
    if kind == "extra_forbidden":
        return _unknown(path)
    if kind == "missing":
        return _missing(path)
    if kind in {"literal_error", "enum"}:
        return _choice(path, detail["input"], context["expected"])
    if kind in _RANGES:
        return Fault(code="M014", path=path, what=_about(path, _lower(detail["msg"])), fix="choose one in that range")
    wanted, fix = _WANTED.get(kind, (detail["msg"], "see `ecluse explain`"))
    return Fault(code="M010", path=path, what=f"{dotted(path)} must be {wanted}", fix=fix)


def _about(path: KeyPath, message: str) -> str:
    return f"{dotted(path)}: {message}"


def _lower(message: str) -> str:
    return message[:1].lower() + message[1:]


def _unknown(path: KeyPath) -> Fault:
    names = _names(path)
    table = f"[{dotted(path[:-1])}]" if len(path) > 1 else "the manifest"
    near = meant(path) or suggest(str(path[-1]), names) or _elsewhere(str(path[-1]))
    return Fault(
        code="M012",
        path=path,
        what=f"unknown key '{path[-1]}' in {table}",
        fix=near or f"remove it; {table} may hold: {', '.join(names)}",
        at_key=True,
    )


def nearest_key(path: KeyPath) -> str:
    """The key of the same table that an unknown one was probably meant to be, or nothing."""
    return nearest(str(path[-1]), _names(path))


def _names(path: KeyPath) -> list[str]:
    """The keys that may stand beside `path`."""
    section = section_at(path[:-1])
    return list(section.table.model_fields) if section else []


def _elsewhere(name: str) -> str:
    """Where a key of that name may stand."""
    homes = [
        f"[{dotted(section.path)}]" for section in sections() if section.path and name in section.table.model_fields
    ]
    return f"move it: '{name}' stands in {' or '.join(homes)}" if homes else ""


def _missing(path: KeyPath) -> Fault:
    return Fault(
        code="M011",
        path=path,
        what=f"{dotted(path)} is missing",
        fix=f"add it; `ecluse explain {dotted(path)}` shows an example",
    )


def _choice(path: KeyPath, value: Any, expected: str) -> Fault:
    near = suggest(str(value), expected.replace("'", "").replace(" or ", ", ").split(", "))
    return Fault(code="M013", path=path, what=f"{dotted(path)} can't be {value!r}", fix=near or f"write {expected}")


def place(faults: Iterable[Fault], file: str, positions: Positions, table: tuple[str, ...] = ()) -> list[Problem]:
    """Faults as Problems, in the order of the file, the first for each value only."""
    first = {(fault.path, fault.at_key): fault for fault in reversed(list(faults))}.values()
    problems = [_problem(fault, file, positions, table) for fault in first]
    return sorted(problems, key=lambda problem: (problem.where.line, problem.where.column) if problem.where else (0, 0))


def _problem(fault: Fault, file: str, positions: Positions, table: tuple[str, ...]) -> Problem:
    line, column = positions.of((*table, *fault.path), at_key=fault.at_key)
    return Problem(code=fault.code, what=fault.what, fix=fault.fix, where=Place(file=file, line=line, column=column))
