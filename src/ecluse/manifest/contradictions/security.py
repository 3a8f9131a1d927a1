"""Contradictions in `[security]`."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ecluse.manifest.fault import Fault
from ecluse.model.security import SECURITY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecluse.manifest.schema.manifest import Manifest
    from ecluse.manifest.schema.security import SecurityTable

HERE = "security"


def security_faults(manifest: Manifest) -> Iterator[Fault]:
    table = manifest.security
    if table is None:
        return
    if SECURITY in manifest.steps:
        yield Fault(
            code="M092",
            path=("steps", SECURITY),
            what="a step is called as the security gate is",
            fix="give it another name, or remove [security]",
            at_key=True,
        )
    yield from _source(table)
    yield from _licences(table)


def _source(table: SecurityTable) -> Iterator[Fault]:
    path = (HERE, "at" if table.at else "source")
    if table.source == "folder":
        if not table.at:
            yield Fault(code="M093", path=path, what="it isn't said which folder", fix='add at = "/srv/advisories"')
    elif table.at and urlsplit(table.at).scheme not in {"http", "https"}:
        yield Fault(
            code="M093",
            path=path,
            what=f"{table.at!r} is no address",
            fix='write it like "https://index.example.com/pypi", or choose source = "folder"',
        )


def _licences(table: SecurityTable) -> Iterator[Fault]:
    lists = table.licences
    if table.scanners is not None and "licences" in table.scanners and not (lists.allow or lists.deny):
        yield Fault(
            code="M094",
            path=(HERE, "scanners", table.scanners.index("licences")),
            what="licences are to be looked at, and none is allowed or denied",
            fix="add allow or deny to [security.licences]",
        )
    for index, name in enumerate(lists.allow):
        if name in lists.deny:
            yield Fault(
                code="M094",
                path=(HERE, "licences", "allow", index),
                what=f"{name!r} is allowed and denied",
                fix="take it off one of the lists",
            )
