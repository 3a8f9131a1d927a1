"""Reading the manifest: an App, or every Problem at once."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ecluse.manifest.contradictions import contradictions
from ecluse.manifest.find import Found, find
from ecluse.manifest.interpolation import Interpolation
from ecluse.manifest.positions import positions
from ecluse.manifest.problems import faults_of, place
from ecluse.manifest.resolve import resolve
from ecluse.manifest.salvage import salvage
from ecluse.manifest.schema.manifest import FORMAT, Manifest
from ecluse.model.problem import Place, Problem, ProblemError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ecluse.model.app import App

_AT = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


def read(where: Path, env: Mapping[str, str]) -> App:
    """The App that the manifest at `where` (a file, or a repository's root) declares.

    `env` is the caller's environment, for `${NAME}`. Raises ProblemError with all that is wrong, in the file's order.
    """
    return parse(find(where), env)[0]


def parse(found: Found, env: Mapping[str, str]) -> tuple[App, frozenset[str]]:
    """The App, and the variables that it depends on."""
    text = _text(found)
    document = _document(found, text)
    _expect_format(found, text, document)
    interpolation = Interpolation(env)
    filled = interpolation.fill(document)
    faults = [*interpolation.faults]
    try:
        manifest = Manifest.model_validate(filled)
        faults += contradictions(manifest)
    except ValidationError as error:
        faults += [*faults_of(error), *salvage(filled, error)]
    if faults:
        raise ProblemError(*place(faults, found.path.name, positions(text), found.table))
    return resolve(manifest), frozenset(interpolation.used)


def _text(found: Found) -> str:
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


def _document(found: Found, text: str) -> dict[str, Any]:
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


def _expect_format(found: Found, text: str, document: dict[str, Any]) -> None:
    """Another format's other mistakes would only confuse."""
    version = document.get("manifest", FORMAT)
    if type(version) is not int or version == FORMAT:
        return
    fix = "install a newer ecluse" if version > FORMAT else "see the changelog for what became of that format"
    line, column = positions(text).of((*found.table, "manifest"))
    raise ProblemError(
        Problem(
            code="M005",
            what=f"the manifest has format {version}; this version of ecluse reads format {FORMAT}",
            fix=f"{fix}, or write `manifest = {FORMAT}`",
            where=Place(file=found.path.name, line=line, column=column),
        )
    )
