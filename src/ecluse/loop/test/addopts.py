"""The options that pytest takes from settings, before those of its command. Which file it reads: pytest's manual,
"Initialization: determining rootdir and configfile"."""

from __future__ import annotations

import shlex
import tomllib
from collections.abc import Iterator, Mapping
from configparser import ConfigParser, Error
from pathlib import Path, PurePosixPath

from ecluse.model.values import frozen

FILES = {
    "pytest.ini": "pytest",
    ".pytest.ini": "pytest",
    "pyproject.toml": "tool.pytest.ini_options",
    "tox.ini": "pytest",
    "setup.cfg": "tool:pytest",
}
"""In pytest's order, with the section that makes them its settings; one of its own names needs none."""
VARIABLE = "PYTEST_ADDOPTS"


@frozen
class AddOpts:
    """`where` they stand, for a person."""

    words: tuple[str, ...] = ()
    where: str = ""


NOTHING_ADDED = AddOpts()


def addopts(tree: Path, folder: str, env: Mapping[str, str]) -> AddOpts:
    """Those of a command that runs in `folder` of `tree`: of its settings, then of the environment."""
    found = next(_settings(tree, PurePosixPath(folder)), NOTHING_ADDED)
    given = split(env.get(VARIABLE, ""))
    where = " and ".join(filter(None, (found.where, VARIABLE if given else "")))
    return AddOpts(words=(*found.words, *given), where=where)


def _settings(tree: Path, folder: PurePosixPath) -> Iterator[AddOpts]:
    """Of the nearest file that is pytest's, from the folder upward."""
    for place in (folder, *folder.parents):
        for name, section in FILES.items():
            file = tree / place / name
            try:
                text = file.read_text(encoding="utf-8")
            except (OSError, ValueError):
                continue
            words = in_toml(text) if name.endswith(".toml") else in_ini(text, section, own="pytest.ini" in name)
            if words is not None:
                yield AddOpts(words=words, where=f"addopts of {place / name}" if words else "")


def in_toml(text: str) -> tuple[str, ...] | None:
    """None where the file isn't pytest's; pytest 9 takes [tool.pytest] too."""
    try:
        table = tomllib.loads(text).get("tool", {}).get("pytest")
    except (tomllib.TOMLDecodeError, AttributeError):
        return None
    if not isinstance(table, dict):
        return None
    options = table.get("ini_options", table)
    given = options.get("addopts", "") if isinstance(options, dict) else ""
    return tuple(map(str, given)) if isinstance(given, list) else split(str(given))


def in_ini(text: str, section: str, *, own: bool) -> tuple[str, ...] | None:
    parser = ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except Error:
        return None
    if not parser.has_section(section):
        return () if own else None
    return split(parser.get(section, "addopts", fallback=""))


def split(text: str) -> tuple[str, ...]:
    """None of a text that can't be read: pytest won't run with it either."""
    try:
        return tuple(shlex.split(text))
    except ValueError:
        return ()
