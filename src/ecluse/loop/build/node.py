"""Node.js and the package managers of this machine, on PATH and where version managers keep them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from ecluse.model.problem import Problem, ProblemError
from ecluse.model.values import frozen

FOLDERS = (
    ("NVM_DIR", "~/.nvm", "versions/node/*/bin"),
    ("FNM_DIR", "~/.local/share/fnm", "node-versions/*/installation/bin"),
    ("VOLTA_HOME", "~/.volta", "tools/image/node/*/bin"),
    ("ASDF_DATA_DIR", "~/.asdf", "installs/nodejs/*/bin"),
    ("MISE_DATA_DIR", "~/.local/share/mise", "installs/node/*/bin"),
    ("N_PREFIX", "/usr/local", "n/versions/node/*/bin"),
    ("NODENV_ROOT", "~/.nodenv", "versions/*/bin"),
    ("BUN_INSTALL", "~/.bun", "bin"),
    ("PNPM_HOME", "~/.local/share/pnpm", "."),
)
"""Variable that names the root, the root where it is unset, and where programs lie below it."""
SHIMS = "shims"
"""A folder of programs that choose another by the working folder, and may fail in it."""
NODE = "node"
BUN = "bun"
INSTALL = "install Node.js with npm (Debian: apt-get install nodejs npm), or one of a version manager's"
ENABLE = "; then {tool}: `corepack enable {tool}`, or as its makers say"

Version = tuple[int, ...]


@frozen
class Tools:
    """`folders` go on PATH, before the system's. `version` is Node's, empty where the tool needs none."""

    folders: tuple[Path, ...]
    version: str = ""


def places(env: Mapping[str, str]) -> Iterator[Path]:
    """Folders with programs: those of PATH, then those of version managers, the newest first."""
    for name in env.get("PATH", "").split(os.pathsep):
        if name.startswith("/") and SHIMS not in Path(name).parts:
            yield Path(name)
    home = env.get("HOME", "/nonexistent")
    for variable, root, pattern in FOLDERS:
        folder = Path(env.get(variable) or root.replace("~", home))
        found = [folder] if pattern == "." else folder.glob(pattern)
        yield from sorted(found, key=lambda path: numbers(path.parent.name), reverse=True)


def holding(program: str, env: Mapping[str, str]) -> tuple[Path, ...]:
    """The folders in which a program is."""
    return tuple(folder for folder in dict.fromkeys(places(env)) if os.access(folder / program, os.X_OK))


def choose(tool: str, wanted: str, env: Mapping[str, str], versions: Mapping[Path, str]) -> Tools:
    """The folders of `tool` and of the first Node.js that `wanted` admits; `versions` by folder, as Node.js says them.

    ProblemError B060 when there is none.
    """
    having = holding(tool, env)
    if tool == BUN and having:
        return Tools(folders=having[:1])
    for folder, said in versions.items():
        near = folder if folder in having else next(iter(having), None)
        if near is not None and numbers(said) and admits(wanted, numbers(said)):
            return Tools(folders=tuple(dict.fromkeys((folder, near))), version=said.strip().removeprefix("v"))
    raise ProblemError(lacking(tool, wanted, versions.values()))


def lacking(tool: str, wanted: str, seen: Iterable[str]) -> Problem:
    node = f"Node.js {wanted}" if wanted else "Node.js"
    return Problem(
        code="B060",
        what=f"the front end can't be built: {tool} with {node} is not on this machine",
        fix=INSTALL + (ENABLE.format(tool=tool) if tool != "npm" else ""),
        evidence=tuple(f"found Node.js {version.strip()}" for version in dict.fromkeys(seen) if numbers(version)),
        state="nothing was changed",
    )


def numbers(text: str) -> Version:
    """`v20.11.1` as (20, 11, 1)."""
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


def admits(wanted: str, version: Version) -> bool:
    """Whether one of the alternatives of a range holds (`>=18 <21 || ^22`); words such as `lts/*` admit all."""
    return any(all(holds(part, version) for part in parts(choice)) for choice in wanted.split("||"))


def parts(choice: str) -> list[tuple[str, Version]]:
    return [
        (sign, numbers(text)) for sign, text in re.findall(r"(>=|<=|>|<|\^|~|=)?\s*v?(\d+(?:\.(?:\d+|x|\*))*)", choice)
    ]


def holds(part: tuple[str, Version], version: Version) -> bool:
    sign, wanted = part
    same = version[: len(wanted)]
    if sign == "^":
        return version[0] == wanted[0] and version >= wanted
    if sign == "~":
        return version[:2] == wanted[:2] and version >= wanted
    return {">=": same >= wanted, "<=": same <= wanted, ">": same > wanted, "<": same < wanted}.get(
        sign, same == wanted
    )
