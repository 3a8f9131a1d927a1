"""Environments that are complete, and which one was made for what."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import ecluse
from ecluse.model.app import Build
from ecluse.providers.uv.interpreters import Found
from ecluse.providers.uv.keep import keep, key_of, recall
from ecluse.providers.uv.settings import pip_settings, uv_environment

COMPLETE = "ecluse.json"
"""Written last: an environment without it was not finished and is made anew."""


def use(folder: Path) -> Path:
    """The environment, marked as used now."""
    with suppress(FileNotFoundError):
        os.utime(folder / COMPLETE)
    return folder


def content_of(folder: Path) -> str:
    """The same for the same wheels and Python on another machine, whose folder has another name."""
    return str((recall(folder / COMPLETE) or {}).get("content", folder.name))


def versions_in(environments: Path, content: str) -> dict[str, str]:
    """Of Python and the packages of the environment with that content, if one is here."""
    kept = (recall(path) or {} for path in environments.glob(f"*/{COMPLETE}"))
    found = next((one for one in kept if one.get("content") == content), None)
    if found is None:
        return {}
    wheels = (str(name).split("-") for name in found.get("wheels", ()))
    packages = {f"package {name}": version for name, version, *_ in wheels}
    return {"Python": str(found.get("python", "")), **packages}


def is_complete(folder: Path) -> bool:
    return (folder / COMPLETE).is_file()


def is_whole(folder: Path) -> bool:
    """The Python that it was made with may be gone since: an update of the system, another version in its place. What
    is run in it then would be whatever Python comes next on the PATH."""
    return is_complete(folder) and (folder / "bin" / "python").exists()


class Remembered:
    """Of environments that were made, for what: then it needn't be found out again what that takes.

    `content` names what a tree holds, `there` are this machine's Pythons: which of them is chosen, the tree decides.
    """

    def __init__(self, home: Path, env: Mapping[str, str]) -> None:
        self._home, self._env = home, env

    def key(self, content: str, build: Build, there: Iterable[Found], *, tests: bool) -> str:
        uv = uv_environment(self._env, pip_settings(self._env))
        index = {name: value for name, value in uv.items() if name.startswith("UV_")}
        pythons = [(one.path, one.version) for one in there]
        return key_of(ecluse.__version__, content, asdict(build), tests, pythons, index)

    def of(self, key: str) -> Path | None:
        known = recall(self._record(key))
        folder = self._home / "envs" / str(known["folder"]) if known else None
        return use(folder) if folder and is_whole(folder) else None

    def keep(self, key: str, folder: Path) -> None:
        keep(self._record(key), {"folder": folder.name})

    def _record(self, key: str) -> Path:
        return self._home / "cache" / "envs" / f"{key}.json"
