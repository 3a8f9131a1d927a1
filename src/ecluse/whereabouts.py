"""Where things lie: the repository around a folder, the apps in it, and the home that each has."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from ecluse.model.problem import ProblemError
from ecluse.system.environment import OURS, read_environment

MARKERS = ("ecluse.toml", ".git")
APP = (*MARKERS, "pyproject.toml", "setup.py", "setup.cfg", "manage.py", "Pipfile", "Procfile")
CACHES = frozenset(
    {".gitignore", "key", "work", "runs", "running", "cache", "envs", "store", "tmp", "logs", "keepers", "ballast"}
)
"""What a home holds in which nothing was recorded and nothing serves."""
RECORDED = ("ledger.db", "environments", "services")
"""What only the home of an app holds."""
MANIFESTS = "cache/manifest"
MADE_ANEW = frozenset({".gitignore", "key", "work", "runs", "running", "cache", "cache/interpreters.json", MANIFESTS})


def find_root(folder: Path) -> Path:
    """The nearest folder upwards that holds a manifest or a repository; else `folder` itself."""
    here = folder.resolve()
    return next((up for up in (here, *here.parents) if any((up / mark).exists() for mark in MARKERS)), here)


def apps_of(folder: Path) -> dict[str, Path]:
    """The apps that the manifest around `folder` names, in its order; none for the manifest of an app, or where there
    is none. A wrong one, or an app without a manifest of its own: ProblemError."""
    from ecluse.manifest.find import find_any  # noqa: PLC0415

    root = find_root(folder)
    found = find_any(root)
    if found is None or not found.may_name_apps:
        return {}
    from ecluse.manifest.members import members, without_manifest  # noqa: PLC0415  costs pydantic

    apps = members(found)
    if missing := [without_manifest(name, below) for name, below in apps.items() if find_any(root / below) is None]:
        raise ProblemError(*missing)
    return {name: root / below for name, below in apps.items()}


def find_app(folder: Path) -> Path:
    """The nearest folder upwards, within the repository, that is packaged by itself and so an app; else its root.

    Outside of a repository it is `folder` itself.
    """
    here = folder.resolve()
    upwards = (here, *here.parents)
    return next(filter(_is_app, upwards), here) if any((up / ".git").exists() for up in upwards) else here


def _is_app(folder: Path) -> bool:
    return any((folder / mark).exists() for mark in APP) or any(folder.glob("requirements*.txt"))


def clear_above(folder: Path) -> None:
    """Remove what a try of the folders around an app has left, within its repository, where they are no app."""
    env = read_environment()
    here = folder.resolve()
    upwards = (here, *here.parents)
    top = next((depth for depth, up in enumerate(upwards) if (up / ".git").exists()), 0)
    for root in upwards[1 : top + 1]:
        if is_deserted(root, env):
            shutil.rmtree(root / OURS, ignore_errors=True)


def is_deserted(root: Path, env: Mapping[str, str]) -> bool:
    """Whether caches alone lie in the home of a folder that declares no app. Below one that ECLUSE_HOME names lie the
    homes of other apps, which may be called like a cache: those are left alone."""
    from ecluse.manifest.find import find_any  # noqa: PLC0415

    home = root / OURS
    if env.get("ECLUSE_HOME") or not (home / ".gitignore").exists() or is_at_work(home):
        return False
    try:
        return find_any(root) is None and all(is_cache(path) for path in home.iterdir())
    except ProblemError:  # a manifest that can't be read is one
        return False


def is_cache(path: Path) -> bool:
    return path.name in CACHES and not any((path / name).exists() for name in RECORDED)


def is_at_work(home: Path) -> bool:
    """Whether another command tries something in it."""
    work = home / "work"
    return work.is_dir() and any(work.iterdir())


def holds_nothing(home: Path) -> bool:
    """Whether all that lies there is what every command makes anew in a moment."""
    there = [path.relative_to(home) for path in home.rglob("*")]
    return all(str(path) in MADE_ANEW or str(path.parent) == MANIFESTS for path in there)
