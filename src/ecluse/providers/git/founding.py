"""A new repository, in the user's own name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ecluse.model.problem import ProblemError
from ecluse.ports.commands import Command, CommandRunner, Finished
from ecluse.providers.git import problems

_OWN = ("PATH", "HOME", "XDG_CONFIG_HOME", "SSH_AUTH_SOCK", "GNUPGHOME", "GIT_CONFIG_GLOBAL")
_WHO = tuple(f"GIT_{role}_{what}" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL", "DATE"))
_ONLY_CONFIGURED = ("-c", "user.useConfigOnly=true")
"""No name made up from the user's and the machine's (git-config(1))."""


class GitFounder:
    """Fills ports.founding.Founder. Hooks that a user has for new repositories are put there, and not run."""

    def __init__(self, commands: CommandRunner, env: Mapping[str, str]) -> None:
        self._commands = commands
        self._env = {name: env[name] for name in (*_OWN, *_WHO) if name in env} | {"LC_ALL": "C.UTF-8"}

    async def author(self, folder: Path) -> str:
        for ident in ("GIT_COMMITTER_IDENT", "GIT_AUTHOR_IDENT"):
            said = await self._git(folder, *_ONLY_CONFIGURED, "var", ident)
            if not said.ok:
                return ""
        return said.output.partition(" <")[0].strip()

    async def found(self, folder: Path, message: str) -> None:
        await self._succeed(folder, "init", "--quiet", "--initial-branch=main")
        await self._succeed(folder, "add", "--all")
        await self._succeed(folder, "-c", "core.hooksPath=/dev/null", "commit", "--quiet", f"--message={message}")

    async def _succeed(self, folder: Path, *arguments: str) -> None:
        said = await self._git(folder, *arguments)
        if not said.ok:
            raise ProblemError(problems.git_failed(" ".join(arguments), said.output))

    async def _git(self, folder: Path, *arguments: str) -> Finished:
        return await self._commands.run(Command(argv=("git", *arguments), folder=folder, env=self._env))
