"""The files that tell of migrations, of a bundle or of a commit."""

from __future__ import annotations

from collections.abc import Callable

from ecluse.loop.deploy.schema.migration import Files
from ecluse.model.artifact import Bundle
from ecluse.model.ids import Commit
from ecluse.ports.source import Source
from ecluse.ports.store import ContentStore


def of_bundle(bundle: Bundle, matters: Callable[[str], bool], store: ContentStore) -> Files:
    """KeyError when one is no longer in the store."""
    chosen = (file for file in bundle.files if file.mode != "link" and matters(file.path))
    return {file.path: store.path(file.digest).read_text(encoding="utf-8", errors="replace") for file in chosen}


async def of_commit(commit: Commit, matters: Callable[[str], bool], source: Source) -> Files:
    paths = [entry.path for entry in await source.entries(commit) if entry.mode != "link" and matters(entry.path)]
    found = {path: await source.read(commit, path) for path in paths}
    return {path: text.decode("utf-8", "replace") for path, text in found.items() if text is not None}
