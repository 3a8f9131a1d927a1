"""Somebody who begins projects with the real command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ecluse

NAMED = "[user]\n name = Ada\n email = ada@example.org\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginner:
    """`folder` is where she works; git knows her name, and nothing else of this machine's user is hers."""

    folder: Path
    cache: Path

    @classmethod
    def at(cls, folder: Path, cache: Path) -> Beginner:
        (folder / "home").mkdir(parents=True)
        (folder / "home" / ".gitconfig").write_text(NAMED)
        (folder / "work").mkdir()
        return cls(folder=folder / "work", cache=cache)

    @property
    def env(self) -> dict[str, str]:
        others = ("ECLUSE_", "GIT_", "GITHUB_", "GITLAB_", "CI")  # she sits at home: no CI is hers
        ours = {name: value for name, value in os.environ.items() if not name.startswith(others)}
        python = [str(Path(ecluse.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
        return {
            **ours,
            "HOME": str(self.folder.parent / "home"),
            "XDG_CACHE_HOME": str(self.cache),
            "PYTHONPATH": os.pathsep.join(filter(None, python)),
        }

    def types(self, *words: str, project: str = "", code: int = 0) -> dict[str, Any]:
        """What `--json` says, once the exit code is right."""
        done = subprocess.run(
            [sys.executable, "-m", "ecluse", *words, "--json"],
            cwd=self.folder / project, env=self.env, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == code, f"{' '.join(words)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        said: dict[str, Any] = json.loads(done.stdout)
        return said

    def git(self, project: str, *words: str) -> str:
        done = subprocess.run(
            ["git", *words], cwd=self.folder / project, env=self.env, capture_output=True, text=True, check=True
        )
        return done.stdout

    def commits(self, project: str, message: str) -> None:
        self.git(project, "add", "--all")
        self.git(project, "commit", "--quiet", "--message", message)
