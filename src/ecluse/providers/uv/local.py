"""Packages that lie in the tree: what they say of their needs is part of the question, as what the project says is.

Pure but for `members` and `archives`. Places are paths counted from the tree.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from posixpath import join, normpath
from typing import Any
from urllib.parse import unquote

from ecluse.providers.uv import toml
from ecluse.providers.uv.sources import USUAL_FILES, Question, Read, requirement_chain

STATING = ("pyproject.toml", "setup.py", "setup.cfg", "hatch_build.py", *USUAL_FILES)
_NAMED = re.compile(r"[\w./-]+\.(?:txt|in|py|toml|cfg)\b")
"""Another file that one of these may read."""
_ASKED = re.compile(
    r"\s*(?P<said>(?:-e|--editable\b)[\s=]*)?(?P<name>[\w.-]+\s*(?:\[[^]]*\]\s*)?@\s*)?"
    r"(?P<url>file:(?://)?(?:/?\$\{PROJECT_ROOT\}/?)?)?(?P<place>[^\s\[#;][^\[#;]*?)\s*(?:[\[#;]|\s--|$)"
)


def reached(read: Read, asked: Question, members: Iterable[str] = ()) -> tuple[str, ...]:
    """The folders and archives that are asked for by their place, and what these ask for in turn."""
    files = (read(name) or "" for start in asked.inputs for name in requirement_chain(read, start))
    lines = (*(line for text in files for line in text.splitlines()), *asked.lines, *asked.pins)
    waiting = [*members, *_asked_by(read, "."), *filter(None, map(place_of, lines))]
    found: dict[str, None] = {}
    while waiting:
        place = normpath(waiting.pop(0))
        if place not in found:
            found[place] = None
            waiting += [join(place, other) for other in _asked_by(read, place)]
    return tuple(found)


def place_of(line: str) -> str:
    """The path that a requirement names, empty where it names none."""
    found = _ASKED.match(line)
    if not found or "://" in found["place"] or found["place"].startswith("-"):
        return ""
    is_path = found["said"] or found["name"] or found["url"] or "/" in found["place"] or found["place"] in {".", ".."}
    return unquote(found["place"]) if is_path else ""


def texts(read: Read, places: Iterable[str]) -> dict[str, str]:
    """What the folders say of their needs, by path."""
    return {path: text for place in places for path in _stating(read, place) if (text := read(path)) is not None}


def members(tree: Path, root: Path) -> tuple[str, ...]:
    """The folders of the workspace that the tree is in (docs.astral.sh/uv/concepts/projects/workspaces)."""
    for folder in (tree, *tree.parents):
        text = ""
        with suppress(OSError, ValueError):
            text = (folder / "pyproject.toml").read_text(encoding="utf-8")
        workspace = toml.at(toml.document(text), "tool", "uv", "workspace")
        if workspace is not None:
            found = (folder, *_matching(folder, workspace.get("members", ())))
            return tuple(os.path.relpath(one, tree) for one in found)
        if folder == root:
            break
    return ()


def archives(tree: Path, places: Iterable[str]) -> dict[str, str]:
    """The hashes of those places that are files."""
    files = {place: tree / place for place in places if (tree / place).is_file()}
    return {place: hashlib.sha256(file.read_bytes()).hexdigest() for place, file in files.items()}


def _matching(folder: Path, patterns: Iterable[str]) -> Iterator[Path]:
    for pattern in patterns:
        with suppress(ValueError):  # uv refuses it in its own words
            yield from sorted(path.parent for path in folder.glob(f"./{pattern}/pyproject.toml"))


def _stating(read: Read, folder: str) -> tuple[str, ...]:
    own = [normpath(join(folder, name)) for name in (*STATING, *_backend(read, folder))]
    named = (normpath(join(folder, name)) for path in own for name in _NAMED.findall(read(path) or ""))
    included = (path for name in named for path in requirement_chain(read, name))
    return tuple(dict.fromkeys((*own, *included)))


def _backend(read: Read, folder: str) -> tuple[str, ...]:
    """A build backend that lies in the folder (PEP 517, "In-tree build backends")."""
    build = _document(read, folder).get("build-system", {})
    module = str(build.get("build-backend", "")).partition(":")[0].replace(".", "/")
    return tuple(join(path, f"{module}.py") for path in build.get("backend-path", ()))


def _asked_by(read: Read, folder: str) -> tuple[str, ...]:
    """The places that a folder's pyproject.toml names, counted from the folder."""
    document = _document(read, folder)
    tables = (toml.at(document, "tool", "uv", "sources"), toml.at(document, "tool", "poetry"))
    standard = (document.get("project"), document.get("dependency-groups"))
    return (
        *(path for table in tables for path in _paths(table)),
        *(place for text in _strings(standard) if " @ " in text and (place := place_of(text))),
    )


def _paths(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(path := value.get("path"), str):
            yield path
        value = tuple(value.values())
    if isinstance(value, list | tuple):
        for one in value:
            yield from _paths(one)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _strings(one)


def _document(read: Read, folder: str) -> dict[str, Any]:
    return toml.document(read(normpath(join(folder, "pyproject.toml"))))
