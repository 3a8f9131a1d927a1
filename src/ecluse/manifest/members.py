"""The apps that the manifest at a repository's root names; each has a manifest of its own in its folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ecluse.manifest.document import document_of, text_of
from ecluse.manifest.fault import Fault
from ecluse.manifest.positions import positions
from ecluse.manifest.problems import faults_of, place
from ecluse.manifest.schema.apps import Index
from ecluse.model.problem import Place, Problem, ProblemError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ecluse.manifest.find import Found


def members(found: Found) -> dict[str, str]:
    """Name to folder, in the file's order; none for the manifest of one app. Both, or a wrong one: ProblemError."""
    document = document_of(found) if found.may_name_apps else {}
    if "apps" not in document:
        return {}
    faults = [*_beside(document)]
    try:
        index = Index.model_validate({name: document[name] for name in Index.model_fields if name in document})
    except ValidationError as error:
        faults += faults_of(error)
    if faults:
        raise ProblemError(*place(faults, found.path.name, positions(text_of(found)), found.table))
    return {name: member.folder for name, member in index.apps.items()}


def _beside(document: Mapping[str, Any]) -> Iterator[Fault]:
    for name in document:
        if name not in Index.model_fields:
            yield Fault(
                code="M058",
                path=(name,),
                what=f"'{name}' stands beside [apps], but each of those has a manifest of its own",
                fix=f"move '{name}' into the ecluse.toml of the app that it belongs to",
                at_key=True,
            )


def several(names: tuple[str, ...], file: str) -> Problem:
    """What was asked for is for one app, and there are several."""
    return Problem(
        code="M059",
        what=f"there are several apps here: {', '.join(names)}",
        where=Place(file=file),
        fix=f"name one: --app {names[0]}, or go into its folder",
    )


def without_manifest(name: str, folder: str) -> Problem:
    return Problem(
        code="M001",
        what=f"the app '{name}' has no manifest: {folder} holds no ecluse.toml",
        fix=f"run `ecluse init -C {folder}`, or correct apps.{name}.folder",
    )
