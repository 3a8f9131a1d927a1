"""A setting that would be ignored is a mistake of the one who wrote it: it says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecluse.manifest.fault import Fault, KeyPath

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ecluse.manifest.schema.key import Table


def unused(table: Table, path: KeyPath, reasons: Mapping[str, str]) -> Iterator[Fault]:
    """A Fault for each key of `reasons` that is given, with its reason."""
    for name, reason in reasons.items():
        if name in table.model_fields_set:
            yield Fault(
                code="M033",
                path=(*path, name),
                what=f"`{name}` has no effect here: {reason}",
                fix=f"remove `{name}`",
                at_key=True,
            )
