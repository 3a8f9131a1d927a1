"""The manifest's text, and what TOML makes of it."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

from ecluse.model.problem import Place, Problem, ProblemError

if TYPE_CHECKING:
    from ecluse.manifest.find import Found

_AT = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


def text_of(found: Found) -> str:
    """The file's text; one that isn't UTF-8 (toml.io): ProblemError M003."""
    try:
        return found.data.decode().removeprefix("\ufeff").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = found.data.count(b"\n", 0, error.start) + 1
        column = len(found.data[found.data.rfind(b"\n", 0, error.start) + 1 : error.start].decode()) + 1
        raise ProblemError(
            Problem(
                code="M003",
                what="the manifest is not UTF-8 text",
                fix="save it as UTF-8 (toml.io asks for that)",
                where=Place(file=found.path.name, line=line, column=column),
            )
        ) from error


def document_of(found: Found) -> dict[str, Any]:
    """Our part of the file. Not TOML: ProblemError M004."""
    text = text_of(found)
    try:
        document: Any = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProblemError(_broken(found, text, error)) from error
    for name in found.table:
        document = document.get(name, {}) if isinstance(document, dict) else {}
    return document if isinstance(document, dict) else {}


def _broken(found: Found, text: str, error: tomllib.TOMLDecodeError) -> Problem:
    """Python 3.14 has the position as attributes, before that only the message has it."""
    message = str(error)
    at = _AT.search(message)
    last = text.count("\n") + 1, len(text) - text.rfind("\n")
    line, column = (int(at[1]), int(at[2])) if at and at[1] else last
    return Problem(
        code="M004",
        what=f"this is not TOML: {_AT.sub('', message)}",
        fix="correct it here, or a little before (toml.io)",
        where=Place(file=found.path.name, line=line, column=column),
    )
