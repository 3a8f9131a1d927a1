"""Whether a repository holds several apps, each in a folder of its own. Pure."""

from __future__ import annotations

from pathlib import PurePosixPath

from ecluse.manifest.detect.facts import LIKELY, Fact, Kind, every
from ecluse.manifest.detect.packaging import package

ENTRIES = (Kind.ASGI, Kind.WSGI, Kind.COMMAND)
FOR_ITSELF = frozenset(("Procfile", "manage.py", "requirements.txt"))
"""Files, beside packaging metadata, that begin an app of its own."""


def apps_in(facts: tuple[Fact, ...], paths: tuple[str, ...]) -> tuple[str, ...]:
    """The folders of the apps, where there are at least two and none is the repository itself."""
    homes = homes_of({fact.value for fact in every(facts, Kind.PROJECT)}, paths)
    served = {home_of(fact.file, homes) for kind in ENTRIES for fact in every(facts, kind) if fact.confidence >= LIKELY}
    outer = sorted(home for home in served if not any(home.startswith(f"{other}/") for other in served))
    return tuple(outer) if "." not in served and len(outer) > 1 else ()


def beside(facts: tuple[Fact, ...], entry: Fact) -> tuple[Fact, ...]:
    """What starts in folders that `entry` has no part in, nor the app that it begins: they run by themselves.

    A project that another one needs is a library.
    """
    needed = {package(fact.value) for fact in every(facts, Kind.DEPENDENCY)}
    libraries = {fact.folder for fact in every(facts, Kind.NAME) if package(fact.value) in needed}
    found = [fact for fact in every(facts, Kind.PROGRAM) if fact.folder not in {".", *libraries}]
    return tuple(
        fact for fact in found if not any(is_related(fact.folder, path) for path in (entry.file, entry.folder))
    )


def is_related(folder: str, path: str) -> bool:
    """Whether one holds the other; the root holds everything, which says nothing."""
    return folder == path or path.startswith(f"{folder}/") or folder.startswith(f"{path}/")


def homes_of(declared: set[str], paths: tuple[str, ...]) -> frozenset[str]:
    """Folders that say by themselves what they need, or how they run; `declared` are those with packaging metadata."""
    files = (path.rpartition("/")[::2] for path in paths)
    listing = {folder for folder, name in files if name in FOR_ITSELF or folder.rpartition("/")[2] == "requirements"}
    homes = declared | {folder.removesuffix("/requirements") for folder in listing}
    return frozenset(homes) - {"", ".", "requirements"}


def home_of(path: str, homes: frozenset[str]) -> str:
    """The innermost of `homes` that holds `path`; `.` when none does."""
    return next((str(up) for up in PurePosixPath(path).parents if str(up) in homes), ".")
