"""Looking for contradictions although some keys are wrong, so that all Problems show at once."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ecluse.manifest.contradictions import contradictions
from ecluse.manifest.keys import section_at
from ecluse.manifest.problems import nearest_key
from ecluse.manifest.schema.manifest import Manifest

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from ecluse.manifest.fault import Fault, KeyPath

Document = dict[str, Any]


def salvage(document: Document, error: ValidationError) -> list[Fault]:
    """The contradictions in `document` that don't come from what `error` names.

    Those that are there without the wrong keys, and also with the schema's examples in their place.
    """
    steps = document.get("steps")
    names = frozenset(steps) if isinstance(steps, dict) else frozenset()
    without, instead = (contradictions(_mended(document, error, fill=fill), names) for fill in (False, True))
    stays = {(fault.code, fault.path) for fault in instead}
    return [fault for fault in without if (fault.code, fault.path) in stays]


def _mended(document: Document, error: ValidationError | None, *, fill: bool) -> Manifest:
    """`document` with what is missing filled in by the schema's examples, and what is wrong taken out or, with `fill`,
    also replaced by them. A table that is filled in may lack keys itself; examples are right, so this ends."""
    rest = deepcopy(document)
    while error:
        for detail in error.errors(include_url=False):
            _mend(rest, detail, fill=fill)
        error = _error(rest)
    return Manifest.model_validate(rest)


def _error(document: Document) -> ValidationError | None:
    try:
        Manifest.model_validate(document)
    except ValidationError as error:
        return error
    return None


def _mend(document: Document, detail: ErrorDetails, *, fill: bool) -> None:
    path = _of_a_key(detail["loc"])
    table, name = _table(document, path), path[-1]
    if detail["type"] == "missing":
        table[name] = _example(path)
        return
    table.pop(name, None)
    if fill and detail["type"] == "extra_forbidden":
        name = nearest_key(path) or name
    example = _example((*path[:-1], name))
    if fill and example is not None:
        table.setdefault(name, example)


def _of_a_key(path: KeyPath) -> KeyPath:
    """A list is wrong as a whole; pydantic marks a wrong key by a part of its own."""
    return path[: next((at for at, part in enumerate(path) if isinstance(part, int) or part == "[key]"), len(path))]


def _table(document: Document, path: KeyPath) -> dict[Any, Any]:
    """The table that holds `path`; an empty one if it was taken out already."""
    table: Any = document
    for part in path[:-1]:
        table = table.get(part, {})
    return table if isinstance(table, dict) else {}


def _example(path: KeyPath) -> Any:
    """The schema's example of a key; an empty table for a section, None where the user chooses the names."""
    section = section_at(path[:-1])
    field = section.table.model_fields.get(str(path[-1])) if section else None
    if field is None:
        return None
    return field.examples[0] if field.examples else {}
