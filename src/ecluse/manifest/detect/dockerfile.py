"""A Dockerfile: what it starts, and in which folder."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator

from ecluse.manifest.detect.tree import Tree

Instructions = tuple[tuple[int, str, str], ...]
"""Line, name in capitals and the rest of each."""
FILE = "Dockerfile"
DEEPEST = 3
"""Folders below the root in which one may lie."""
PATTERNS = ("Dockerfile", "Dockerfile.*", "*.Dockerfile", "Containerfile")
SHELLS = frozenset(("sh", "bash", "/bin/sh", "/bin/bash"))


def files(tree: Tree) -> tuple[str, ...]:
    """That of the root first; those of folders, and those named for something, are less sure."""
    found = [path for pattern in PATTERNS for path in tree.named(pattern) if path.count("/") <= DEEPEST]
    ours = (path for path in dict.fromkeys(found) if not path.endswith(".dockerignore"))
    return tuple(sorted(ours, key=lambda path: (path != FILE, path.count("/"), path)))


def started(found: Instructions) -> tuple[int, str] | None:
    """The command line of the last ENTRYPOINT and CMD, and its line."""
    starts = {name: (line, rest) for line, name, rest in found if name in {"CMD", "ENTRYPOINT"}}
    if not starts:
        return None
    return max(starts.values())[0], " ".join(words(starts[name][1]) for name in ("ENTRYPOINT", "CMD") if name in starts)


def instructions(tree: Tree, file: str = FILE) -> Instructions:
    """What stands in it; a line that ends in a backslash goes on."""
    text = re.sub(r"(?m)^\\s*#.*$", "", tree.text(file))
    found = re.finditer(r"(?m)^[ \t]*([A-Za-z]+)[ \t]+((?:.*\\\n)*.*)$", text)
    return tuple((text.count("\n", 0, match.start(1)) + 1, match.group(1).upper(), match.group(2).replace("\\\n", " "))
                 for match in found)  # fmt: skip


def folders(found: Instructions) -> Iterator[str]:
    """Where the command's imports come from: the last PYTHONPATH, then the last WORKDIR."""
    paths = [value for name, value in variables(found) if name == "PYTHONPATH"]
    yield from (path for path in "".join(paths[-1:]).split(":") if path and "$" not in path)
    yield next((rest.strip() for _, name, rest in reversed(found) if name == "WORKDIR" and "$" not in rest), ".")


def variables(found: Instructions) -> Iterator[tuple[str, str]]:
    """Name and value of each ENV, in both of its forms: `ENV A=b C=d` and `ENV A b`."""
    for _, name, rest in found:
        if name != "ENV":
            continue
        first, _, after = rest.strip().partition(" ")
        if "=" not in first:
            yield first, after.strip()
            continue
        for word in split(rest):
            key, _, value = word.partition("=")
            yield key, value


def words(form: str) -> str:
    """The command line of either form, shell or exec; what the exec form gives to a shell is that text itself."""
    try:
        listed = json.loads(form)
    except json.JSONDecodeError:
        return form
    if not isinstance(listed, list):
        return form
    if len(listed) > 2 and listed[0] in SHELLS and str(listed[1]).endswith("c"):  # noqa: PLR2004 (`sh -c TEXT`)
        return str(listed[2])
    return " ".join(quoted(str(word)) for word in listed)


def quoted(word: str) -> str:
    """A word as a shell takes it, but for `$`: whoever writes `$PORT` there wants its value."""
    return word if re.fullmatch(r"[\w$@%+=:,./{}-]+", word) else shlex.quote(word)


def split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()
