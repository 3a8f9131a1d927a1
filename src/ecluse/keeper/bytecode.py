"""The bytecode of a release's tree, kept by the digest of its source: a release compiles only what is new in it."""

import os
from typing import Any, Callable, Dict, Iterable, Iterator, List, Tuple

COMPILE = ("-m", "compileall", "-q", "--invalidation-mode", "checked-hash")
"""Checked by the source's hash, not its time: one bytecode serves a file in every release, and a build command that
changes a source file later doesn't leave it stale (PEP 552)."""


def compile_tree(
    tree: str, files: Iterable[Dict[str, Any]], minor: str, kept: str, run: Callable[[List[str]], object]
) -> int:
    """Put the bytecode of the tree's `files` beside them; returns how many had to be compiled.

    `run` runs the interpreter `minor` with arguments. What doesn't compile is left alone: a template or a file for
    another Python is the app's affair.
    """
    os.makedirs(kept, exist_ok=True)
    missing = [pair for pair in _places(tree, files, minor, kept) if not _take(*pair[1:])]
    if missing:
        named = os.path.join(kept, "sources")
        with open(named, "w", encoding="utf-8", errors="surrogateescape") as listed:
            listed.writelines(source + "\n" for source, _, _ in missing)
        run([*COMPILE, "-i", named])
        os.unlink(named)
        for _, cached, compiled in missing:
            _take(compiled, cached)
    return len(missing)


def forget(kept: str) -> None:
    """Remove what no release has any more: all that only this folder links to."""
    for entry in os.scandir(kept):
        if entry.stat().st_nlink == 1:
            os.unlink(entry.path)


def _places(tree: str, files: Iterable[Dict[str, Any]], minor: str, kept: str) -> Iterator[Tuple[str, str, str]]:
    """Of each module: its source, the bytecode that is kept, and where the interpreter looks for it (PEP 3147)."""
    tag = "cpython-" + minor.replace(".", "")
    for file in files:
        folder, name = os.path.split(os.path.join(tree, file["path"]))
        if name.endswith(".py") and file["mode"] != "link":
            digest = file["digest"].rpartition(":")[2]
            compiled = os.path.join(folder, "__pycache__", "%s.%s.pyc" % (name[: -len(".py")], tag))
            yield os.path.join(folder, name), os.path.join(kept, digest), compiled


def _take(existing: str, wanted: str) -> bool:
    """Link a file that may not be there; whether it is there now."""
    try:
        os.makedirs(os.path.dirname(wanted), exist_ok=True)
        os.link(existing, wanted)
    except FileExistsError:
        return True
    except FileNotFoundError:
        return False
    return True
