"""Files that pages load, that the app doesn't serve, and that the repository has: another server sent them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from ecluse.loop.plan.trying.evidence import Part
from ecluse.manifest.detect.writes import is_placeholder

NOT_FOUND = 404
CODE = (".py", ".pyi", ".toml", ".cfg", ".ini", ".env", ".yml", ".yaml", ".sql", ".sh", ".po", ".sqlite3", ".db")
"""Files that no folder for everybody's eyes holds."""


def mapped(parts: Iterable[Part], paths: Collection[str]) -> Mapping[str, str]:
    """URL prefix to folder, for what is lost; `paths` are the files of the tree.

    The longest end that a URL and one file alone have in common says where its folder is mounted.
    """
    found: dict[str, str] = {}
    for part in parts:
        url = part.path.partition("?")[0]
        if part.status == NOT_FOUND and not any(url.startswith(prefix) for prefix in found):
            found |= mount(url, paths)
    return found


def mount(url: str, paths: Collection[str]) -> Mapping[str, str]:
    words = url.strip("/").split("/")
    for start in range(1, len(words)):
        tail = "/".join(words[start:])
        holding = [path for path in paths if path.endswith(f"/{tail}")]
        if len(holding) == 1:
            folder = holding[0].removesuffix(tail)
            prefix = f"/{'/'.join(words[:start])}/"
            return {prefix: folder} if is_open(folder, paths) else {}
    return {}


def is_open(folder: str, paths: Collection[str]) -> bool:
    """Whether a folder holds only what everybody may see."""
    inside = [path for path in paths if path.startswith(folder)]
    return not any(path.endswith(CODE) for path in inside) and any(not is_placeholder(path) for path in inside)
