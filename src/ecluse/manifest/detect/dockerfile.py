"""A Dockerfile's last CMD or ENTRYPOINT."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from ecluse.manifest.detect import commandline
from ecluse.manifest.detect.facts import LIKELY, Fact
from ecluse.manifest.detect.tree import Tree


def read(tree: Tree) -> Iterator[Fact]:
    file = "Dockerfile"
    text = re.sub(r"\\\n", "  ", tree.text(file))
    starts = list(re.finditer(r"(?im)^(?:CMD|ENTRYPOINT)\s+(.+)$", text))
    if starts:
        match = starts[-1]
        needle = match.group(0).split("  ")[0].strip()
        yield from commandline.serving(words(match.group(1)), file, tree.line(file, needle), LIKELY)


def words(form: str) -> str:
    """The command line of either form, shell or exec."""
    try:
        listed = json.loads(form)
    except json.JSONDecodeError:
        return form
    return " ".join(str(word) for word in listed) if isinstance(listed, list) else form
