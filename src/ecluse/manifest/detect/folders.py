"""From which folder a module is imported, where a command line names the module and maybe a folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from ecluse.manifest.detect.paths import normal
from ecluse.manifest.detect.tree import Tree, aside


def home(tree: Tree, module: str, hints: Iterable[str]) -> str:
    """The folder below which `module` lies: one of those hinted at, else the nearest to the root.

    Where the repository holds no such module, it is what the first hint says.
    """
    named = [folder for hint in hints for folder in below(hint)]
    tail = module.replace(".", "/")
    ends = (f"{tail}.py", f"{tail}/__init__.py")
    found = next((folder for folder in named if any(inside(folder, end) in tree for end in ends)), None)
    if found is None:
        holding = (path.removesuffix(end) for path in sorted(tree.paths, key=lambda path: (path.count("/"), path))
                   for end in ends if path.endswith(f"/{end}") and not aside(path))  # fmt: skip
        found = next((folder.rstrip("/") for folder in holding), named[0] if named else ".")
    return tree.importable.get(found, found)


def below(hint: str) -> Iterator[str]:
    """What a folder may be in the repository. One of a container (`/srv/app/src`) may be any part of its end."""
    path = normal(PurePosixPath(hint))
    if not path.is_absolute():
        yield "." if path.parts[:1] == ("..",) else str(path)
        return
    parts = path.parts[1:]
    yield from ("/".join(parts[start:]) or "." for start in range(len(parts) + 1))


def inside(folder: str, path: str) -> str:
    return path if folder == "." else f"{folder}/{path}"
