"""Finding installed programs and asking them for their version. Changes nothing."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

SYSTEM = ("/usr/local/bin", "/usr/local/sbin", "/usr/bin", "/usr/sbin")
PATIENCE = 5.0
NUMBER = re.compile(r"(?:v=|Ver |\) |v)?(\d+\.\d+(?:\.\d+)*)")


def folders(env: Mapping[str, str], *more: Path) -> Iterator[Path]:
    """`more`, then the folders of PATH and of the system, each once, by their real paths."""
    named = (*more, *map(Path, filter(None, env.get("PATH", "").split(":"))), *map(Path, SYSTEM))
    yield from dict.fromkeys(Path(os.path.realpath(folder)) for folder in named)


def home_of(folder: Path, names: Iterable[str]) -> Path | None:
    """Where the first of these programs that is in `folder` really lies."""
    for name in names:
        if os.access(folder / name, os.X_OK):
            return Path(os.path.realpath(folder / name)).parent
    return None


def version_of(program: Path) -> str:
    """What `--version` says; empty when it says nothing that looks like one."""
    found = NUMBER.search(_ran(program, "--version").stdout)
    return found.group(1) if found else ""


def answer_of(program: Path, *words: str, env: Mapping[str, str]) -> str:
    """What it prints; empty when it fails, or says nothing for five seconds."""
    ran = _ran(program, *words, env=env)
    return ran.stdout.strip() if ran.returncode == 0 else ""


def _ran(program: Path, *words: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    argv = [str(program), *words]
    try:
        return subprocess.run(argv, env=env, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except (OSError, subprocess.SubprocessError) as error:
        return subprocess.CompletedProcess(argv, 1, "", str(error))
