"""Contradictions in `[release]`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecluse.manifest.fault import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecluse.manifest.schema.manifest import Manifest


def release_faults(manifest: Manifest) -> Iterator[Fault]:
    index, image = manifest.release.index, manifest.release.image
    if index and index.token and (index.username or index.password):
        yield Fault(
            code="M095",
            path=("release", "index", "token"),
            what="a token and a password are both given for the index",
            fix="keep the one that the index wants",
        )
    for name, table in (("index", index), ("image", image)):
        if table and bool(table.username) != bool(table.password):
            given = "username" if table.username else "password"
            yield Fault(
                code="M096",
                path=("release", name, given),
                what="a username and a password go together",
                fix="give both, or none of them",
            )
