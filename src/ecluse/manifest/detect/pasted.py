"""PasteDeploy files, by which Pyramid and its kind are started: `pserve development.ini`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from ecluse.manifest.detect.facts import LIKELY, SURE, Fact, Kind
from ecluse.manifest.detect.ini import entries
from ecluse.manifest.detect.tree import Tree, aside

ORDER = ("development", "dev", "local", "config", "app", "production")


def read(tree: Tree) -> Iterator[Fact]:
    for path in tree.named("*.ini"):
        found = list(entries(tree.text(path))) if not aside(path) else []
        app = next((each for each in found if each.section in {"app:main", "app", "composite:main"}
                    and each.key in {"use", "paste.app_factory"}), None)  # fmt: skip
        if app is None:
            continue
        folder, name = str(PurePosixPath(path).parent), PurePosixPath(path).name
        rank = next((number for number, word in enumerate(ORDER) if name.startswith(word)), len(ORDER))
        yield Fact(kind=Kind.WSGI, value=f"pyramid.paster:get_app({name!r})", file=path, line=app.line, folder=folder,
                   confidence=SURE - rank / 50 - path.count("/") / 20)  # fmt: skip
        for each in found:
            match = re.search(r"sqlite(?:\+\w+)?:///%\(here\)s/([\w./-]+)", each.value)
            if match and rank == 0:
                yield Fact(kind=Kind.STATE, value=match.group(1) if folder == "." else f"{folder}/{match.group(1)}",
                           file=path, line=each.line, confidence=LIKELY)  # fmt: skip
