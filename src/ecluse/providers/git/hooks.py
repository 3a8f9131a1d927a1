"""The hooks of a repository, where git looks for them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from ecluse.model.problem import ProblemError
from ecluse.model.values import frozen
from ecluse.ports.commands import Command, CommandRunner
from ecluse.providers.git import problems
from ecluse.system.files import write_atomically

_PASSED = ("PATH", "HOME", "XDG_CONFIG_HOME")


@frozen
class HooksFolder:
    """`is_configured`: `core.hooksPath` says so, it isn't the repository's own."""

    path: Path
    is_configured: bool

    def text(self, name: str) -> str | None:
        """None when there is none, empty for what is no file: a link that leads nowhere, a folder."""
        file = self.path / name
        if file.is_file():
            return file.read_text(encoding="utf-8", errors="replace")
        return "" if os.path.lexists(file) else None

    def put(self, name: str, text: str, *, aside: str = "") -> None:
        """`aside` is the name that what is there gets; without one it is replaced."""
        if aside:
            (self.path / name).rename(self.path / aside)
        write_atomically(self.path / name, text, mode=0o755)

    def remove(self, name: str) -> None:
        (self.path / name).unlink()

    def bring_back(self, aside: str, name: str) -> None:
        (self.path / aside).rename(self.path / name)


async def hooks_folder(root: Path, commands: CommandRunner, env: Mapping[str, str]) -> HooksFolder:
    """Asked with the user's settings, which `Git` leaves out. A worktree has its repository's hooks. No repository:
    ProblemError C001."""
    own = {name: env[name] for name in _PASSED if name in env}

    async def ask(*arguments: str) -> str | None:
        said = await commands.run(Command(argv=("git", *arguments), folder=root, env=own))
        return said.output.strip() if said.ok else None

    path = await ask("rev-parse", "--git-path", "hooks")
    if path is None:
        raise ProblemError(problems.no_repository(root))
    configured = await ask("config", "--get", "core.hooksPath")
    return HooksFolder(path=(root / path).resolve(), is_configured=bool(configured))
