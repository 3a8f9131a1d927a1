"""Reading the manifest: an App, or every Problem at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ecluse.manifest.contradictions import contradictions
from ecluse.manifest.document import document_of, text_of
from ecluse.manifest.find import Found, find
from ecluse.manifest.interpolation import Interpolation
from ecluse.manifest.members import members, several
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


def read(where: Path, env: Mapping[str, str]) -> App:
    """The App that the manifest at `where` (a file, or a repository's root) declares.

    `env` is the caller's environment, for `${NAME}`. Raises ProblemError with all that is wrong, in the file's order.
    """
    return parse(find(where), env)[0]


def parse(found: Found, env: Mapping[str, str]) -> tuple[App, frozenset[str]]:
    """The App, and the variables that it depends on."""
    text = text_of(found)
    document = document_of(found)
    if "apps" in document:
        raise ProblemError(several(tuple(members(found)), found.path.name))
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
