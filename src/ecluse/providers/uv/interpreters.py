"""Finding the CPythons of this machine, on PATH and where version managers keep them."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ecluse.model.values import frozen
from ecluse.ports.python import Interpreter
from ecluse.providers.uv.keep import keep, recall

Ask = Callable[[Path, str], str]
"""What a script prints when that Python runs it, or nothing."""

SCRIPT = (
    "import json,platform,sys,sysconfig;"
    "print(json.dumps([platform.python_implementation(),platform.python_version(),platform.machine(),"
    "platform.libc_ver()[0] or 'musl',bool(sysconfig.get_config_var('Py_GIL_DISABLED')),sys.maxsize>2**32]))"
)

_NAME = re.compile(r"python3(\.\d+)?")
_RELEASED = re.compile(r"3\.\d+\.\d+")

_FOLDERS = (
    ("PYENV_ROOT", "~/.pyenv", ("versions/*/bin",)),
    ("ASDF_DATA_DIR", "~/.asdf", ("installs/python/*/bin",)),
    ("MISE_DATA_DIR", "~/.local/share/mise", ("installs/python/*/bin",)),
    ("UV_PYTHON_INSTALL_DIR", "~/.local/share/uv/python", ("*/bin",)),
    ("RYE_HOME", "~/.rye", ("py/*/bin",)),
    ("CONDA_ROOT", "~/miniconda3", ("bin", "envs/*/bin")),
    ("", "~/anaconda3", ("bin", "envs/*/bin")),
    ("", "~/miniforge3", ("bin", "envs/*/bin")),
    ("", "~/mambaforge", ("bin", "envs/*/bin")),
    ("", "~/.local", ("bin",)),
    ("", "/opt/conda", ("bin", "envs/*/bin")),
    ("", "/opt", ("*/bin", "python/*/bin")),
    ("", "/usr/local", ("bin",)),
    ("", "/usr", ("bin",)),
)
"""Variable that names the root, the root where it is unset, and where interpreters lie below it."""


@frozen
class Found:
    """A CPython as it described itself. `stamp` is its file's mtime and inode at that time."""

    path: str
    version: str
    machine: str
    libc: str
    stamp: list[int]

    @property
    def interpreter(self) -> Interpreter:
        return Interpreter(version=self.version, path=Path(self.path))


def find(env: Mapping[str, str], memory: Path, ask: Ask) -> tuple[Found, ...]:
    """Every 64-bit CPython 3, newest first, each real binary once.

    What an interpreter said is kept in `memory` until its file changes, so only new ones are started.
    """
    known: dict[str, Any] = recall(memory) or {}
    answers: dict[str, Any] = {}
    for path in candidates(env):
        stamp = _stamp(path)
        before = known.get(str(path))
        answers[str(path)] = (
            before if before and before["stamp"] == stamp else {"stamp": stamp, **_described(path, ask)}
        )
    if answers != known:
        keep(memory, answers)
    found = (Found(path=path, **answer) for path, answer in answers.items() if "version" in answer)
    return tuple(sorted(found, key=_newest_first))


def candidates(env: Mapping[str, str]) -> tuple[Path, ...]:
    """Real files that may be interpreters: shims (scripts) and virtual environments are left out."""
    folders = (*_on_path(env), *_of_managers(env), Path(sys.base_prefix) / "bin")
    unique = {real: None for folder in folders for real in _pythons(folder)}
    return tuple(unique)


def _on_path(env: Mapping[str, str]) -> tuple[Path, ...]:
    return tuple(Path(part) for part in env.get("PATH", "").split(":") if part.startswith("/"))


def _of_managers(env: Mapping[str, str]) -> Iterator[Path]:
    home = env.get("HOME", "/nonexistent")
    for variable, usual, below in _FOLDERS:
        root = Path(env.get(variable) or usual.replace("~", home, 1))
        for pattern in below:
            with suppress(OSError):  # another user's folder, named by an inherited variable
                yield from sorted(root.glob(pattern))


def _pythons(folder: Path) -> Iterator[Path]:
    if (folder.parent / "pyvenv.cfg").exists():
        return
    try:
        names = sorted(filter(_NAME.fullmatch, os.listdir(folder)))  # noqa: PTH208  a bin folder may have thousands of names
    except OSError:
        return
    for name in names:
        try:
            real = (folder / name).resolve(strict=True)
            if _is_program(real):
                yield real
        except OSError:
            continue


def _is_program(path: Path) -> bool:
    with path.open("rb") as file:
        return path.is_file() and file.read(2) != b"#!"


def _stamp(path: Path) -> list[int]:
    status = path.stat()
    return [status.st_mtime_ns, status.st_ino]


def _described(path: Path, ask: Ask) -> dict[str, str]:
    """Nothing for what is no CPython, is a pre-release or a build without the lock (its wheels are others)."""
    try:
        name, version, machine, libc, free_threaded, wide = json.loads(ask(path, SCRIPT))
    except ValueError:
        return {}
    if name != "CPython" or free_threaded or not wide or not _RELEASED.fullmatch(version):
        return {}
    return {"version": version, "machine": machine, "libc": libc}


def _newest_first(found: Found) -> tuple[int, ...]:
    return tuple(-int(part) for part in found.version.split("."))
