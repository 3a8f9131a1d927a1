"""The manifest of a repository with several apps: it says where they are."""

from __future__ import annotations

from ecluse.manifest.schema.key import Table, key, section
from ecluse.manifest.schema.manifest import FORMAT
from ecluse.manifest.schema.shapes import Name
from ecluse.manifest.schema.types import Inside


class MemberTable(Table):
    """One of several apps of a repository. A manifest that names apps holds nothing else: each has its own."""

    folder: Inside = key(
        "Where the app lies. Its own ecluse.toml lies there, and everything in it counts from there.",
        example="services/shop",
    )


class Index(Table):
    """A manifest that names apps, in the order in which `ecluse ship` takes them."""

    manifest: int = key("Version of the manifest's format.", example=FORMAT, default=FORMAT)
    apps: dict[Name, MemberTable] = section(min_length=1)
