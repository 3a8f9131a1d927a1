"""Whether a repository holds several apps, each in a folder of its own. Pure."""

from __future__ import annotations

from pathlib import PurePosixPath

from ecluse.manifest.detect.facts import LIKELY, Fact, Kind, every

ENTRIES = (Kind.ASGI, Kind.WSGI, Kind.COMMAND)
FOR_ITSELF = frozenset(("Procfile", "manage.py", "requirements.txt"))
"""Files, beside packaging metadata, that begin an app of its own."""


def apps_in(facts: tuple[Fact, ...], paths: tuple[str, ...]) -> tuple[str, ...]:
    """The folders of the apps, where there are at least two and none is the repository itself."""
    homes = homes_of(facts, paths)
    served = {home_of(fact.file, homes) for kind in ENTRIES for fact in every(facts, kind) if fact.confidence >= LIKELY}
    outer = sorted(home for home in served if not any(home.startswith(f"{other}/") for other in served))
    return tuple(outer) if "." not in served and len(outer) > 1 else ()


def homes_of(facts: tuple[Fact, ...], paths: tuple[str, ...]) -> frozenset[str]:
    """Folders that say by themselves what they need, or how they run."""
    declared = {fact.value for fact in every(facts, Kind.PROJECT)}
    files = (path.rpartition("/")[::2] for path in paths)
    listing = {folder for folder, name in files if name in FOR_ITSELF or folder.rpartition("/")[2] == "requirements"}
    homes = declared | {folder.removesuffix("/requirements") for folder in listing}
    return frozenset(homes) - {"", ".", "requirements"}


def home_of(path: str, homes: frozenset[str]) -> str:
    """The innermost of `homes` that holds `path`; `.` when none does."""
    return next((str(up) for up in PurePosixPath(path).parents if str(up) in homes), ".")
