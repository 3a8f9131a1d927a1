"""Asking an interpreter about itself."""

from __future__ import annotations

import subprocess
from pathlib import Path

PATIENCE = 10.0
"""Seconds; a first start from a cold disk takes one or two."""


def ask(python: Path, script: str) -> str:
    """What `script` prints when `python` runs it, isolated from the user's settings; empty when it doesn't run."""
    try:
        done = subprocess.run(
            [str(python), "-I", "-S", "-c", script],
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else ""
