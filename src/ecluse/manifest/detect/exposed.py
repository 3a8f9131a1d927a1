"""Env files that are committed."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.manifest.detect.facts import SURE, Fact, Kind
from ecluse.manifest.detect.tree import Tree
from ecluse.manifest.envfiles import exposed, is_env_file


def read(tree: Tree) -> Iterator[Fact]:
    for path in tree.paths:
        if is_env_file(path):
            yield Fact(kind=Kind.EXPOSED, value=str(exposed(path, tree.text(path))), file=path, confidence=SURE)
