"""Where git looks for hooks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ecluse.model.problem import ProblemError
from ecluse.ports.commands import Command, CommandRunner
from ecluse.providers.git import problems

_PASSED = ("PATH", "HOME", "XDG_CONFIG_HOME")


@dataclass(frozen=True, slots=True, kw_only=True)
class HooksFolder:
    """`is_configured`: `core.hooksPath` says so, it isn't the repository's own."""

    path: Path
    is_configured: bool


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
