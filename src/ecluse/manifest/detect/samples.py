"""Configuration files that the repository has for people to start from, and the variables that name one."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from ecluse.manifest.detect.addresses import reads
from ecluse.manifest.detect.facts import GUESS, LIKELY, Fact, Kind
from ecluse.manifest.detect.tree import Tree
from ecluse.manifest.syntax import Module, text_of

VARIABLE = re.compile(r"(?:\w+_)?(?:SETTINGS|CONFIG|CONF|CFG|INI)(?:_FILE|_PATH|_FILENAME)?")
ENDS = (".cfg", ".ini", ".conf", ".toml", ".yaml", ".yml", ".json", ".py")
MARKS = ("dev", "development", "local", "sample", "example", "default", "dist")
"""Parts of a name that say for whom the file is, the fittest first."""
OTHERS = re.compile(r"compose|logging|docker|requirements|package|(?:^|/)(?:tests?|node_modules|\.github)/")
"""Files that configure something else."""


def read(tree: Tree) -> Iterator[Fact]:
    """SAMPLE facts, the fittest surest; CONFIGURED facts, if there is a sample."""
    found = sorted((path for path in tree.paths if mark_of(path) is not None), key=order)
    for rank, path in enumerate(found):
        yield Fact(kind=Kind.SAMPLE, value=path, file=path, confidence=LIKELY - rank / 100)
    if not found:
        return
    for module in tree.modules("environ", "getenv", "from_envvar"):
        for name, line in variables(module):
            yield Fact(kind=Kind.CONFIGURED, value=name, file=module.path, line=line, confidence=GUESS, label=found[0])


def mark_of(path: str) -> int | None:
    """The place of a sample's mark among MARKS; None for any other file."""
    name = posixpath.basename(path).lower()
    parts = re.split(r"[-_.]", name)
    if OTHERS.search(path.lower()) or not any(end.lstrip(".") in parts[1:] for end in ENDS) or name.startswith("."):
        return None
    is_source = name.endswith(".py") and not {"config", "settings", "conf"} & set(parts)
    marks = [MARKS.index(part) for part in parts if part in MARKS]
    return min(marks) if marks and not is_source else None


def order(path: str) -> tuple[int, int, str]:
    mark = mark_of(path)
    return (len(MARKS) if mark is None else mark, path.count("/"), path)


def variables(module: Module) -> Iterator[tuple[str, int]]:
    """Variables that say where the configuration is, and have no default."""
    for found in reads(module):
        if found.default is None and VARIABLE.fullmatch(found.name):
            yield found.name, found.line
    for call in module.calls():
        if getattr(call.func, "attr", "") == "from_envvar" and call.args and text_of(call.args[0]):
            yield text_of(call.args[0]), call.lineno
