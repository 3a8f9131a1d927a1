"""The file of known failures: a name of a test a line, `#` begins a comment. Pure.

A name that could be taken for something else stands in quotes, as JSON writes it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping

from ecluse.loop.test.junit import canonical

HEADER = """\
# Tests that are known to fail, by their names in the report: one of these doesn't stop a release, any other does.
# `ecluse test --dirty` removes those that pass.
"""
COMMENT = re.compile(r"\s+#")
LONGEST = 100
"""Characters of a comment that we write."""


def names(text: str) -> frozenset[str]:
    """The tests that are listed, in their one spelling (`canonical`)."""
    return frozenset(name for line in text.splitlines() if (name := name_in(line)))


def without(text: str, cured: Collection[str]) -> str:
    """The file without the lines of some tests; every other line as it is."""
    return "".join(line for line in text.splitlines(keepends=True) if name_in(line) not in cured)


def renewed(text: str, failures: Mapping[str, str]) -> str:
    """The file for these failures (name to why). What was said about one that still fails is kept."""
    kept = without(text, names(text) - failures.keys()) if text else HEADER
    return kept + "".join(line_for(name, failures[name]) for name in sorted(failures.keys() - names(text)))


def line_for(name: str, why: str) -> str:
    said = " ".join(filter(str.isprintable, why.split()))[:LONGEST].strip()
    return f"{quoted(name)}{f'  # {said}' if said else ''}\n"


def quoted(name: str) -> str:
    plain = name.isprintable() and not name.startswith(("#", '"')) and not COMMENT.search(name) and name == name.strip()
    return name if plain else json.dumps(name)


def name_in(line: str) -> str:
    """The test that a line names, empty when it names none."""
    text = line.strip()
    if not text.startswith('"'):
        return canonical(COMMENT.split(f" {text}", maxsplit=1)[0].strip())
    return canonical(next(decoded(text), text))


def decoded(text: str) -> Iterator[str]:
    try:
        found, _ = json.JSONDecoder().raw_decode(text)
    except ValueError:
        return
    yield str(found)
