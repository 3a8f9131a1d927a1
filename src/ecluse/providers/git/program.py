"""Asking the git program, untouched by the caller's environment and by what a repository would have it run."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

from ecluse.model.values import frozen
from ecluse.ports.commands import Command, CommandRunner

_PASSED = ("PATH", "HOME", "XDG_CONFIG_HOME", "SSH_AUTH_SOCK", "GNUPGHOME")
"""No GIT_*: a hook that calls us sets GIT_DIR and GIT_INDEX_FILE, and they would mean another repository."""
_FIXED = {
    "LC_ALL": "C.UTF-8",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",  # `status` would refresh the index
    "GIT_NO_REPLACE_OBJECTS": "1",  # a commit is what its name says
    "GIT_PAGER": "cat",
}
NOTHING: Mapping[str, str] = MappingProxyType({})
_SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.quotePath=false",
    "color.ui=false",
    "log.diffMerges=separate",  # with -m: what is only in a merge was committed too
    "log.showSignature=false",
    "i18n.logOutputEncoding=UTF-8",
)
_USER = re.compile(r"(?<=://)[^/\s]+@")
"""In an address: a name, which may be a token, with or without a password."""
_LINES = 6


@frozen
class Said:
    """What git answered: its exit code, its whole standard output, and the end of its standard error, in which no
    address has a user."""

    exit_code: int | None
    out: bytes
    errors: str

    @property
    def ok(self) -> bool:
        return self.exit_code == 0

    @property
    def told(self) -> tuple[str, ...]:
        """Its first words, where what is wrong stands; what comes after them is advice."""
        return tuple(line for line in self.errors.splitlines() if line.strip())[:_LINES]


class Git:
    """The git program in one folder."""

    def __init__(
        self,
        folder: Path,
        commands: CommandRunner,
        env: Mapping[str, str],
        more: Mapping[str, str] = NOTHING,
        patience: timedelta | None = None,
    ) -> None:
        """`more` is added to its environment; what takes longer than `patience` has failed."""
        self._patience = patience
        self.folder = folder
        self._commands = commands
        self._env = {name: env[name] for name in _PASSED if name in env} | _FIXED | dict(more)

    def within(self, patience: timedelta) -> Git:
        """The same, with another patience."""
        hurried = copy(self)
        hurried._patience = patience
        return hurried

    async def ask(self, *arguments: str, stdin: bytes = b"") -> Said:
        with tempfile.NamedTemporaryFile(prefix="ecluse-git-") as out:
            said = await self.write(Path(out.name), *arguments, stdin=stdin)
            return replace(said, out=out.read())

    async def write(self, out: Path, *arguments: str, stdin: bytes = b"") -> Said:
        """As `ask`, but standard output stays in the file `out`: for answers that may be large."""
        settings = [part for setting in _SETTINGS for part in ("-c", setting)]
        finished = await self._commands.run(
            Command(
                argv=("git", *settings, *arguments),
                folder=self.folder,
                env=self._env,
                stdin=stdin,
                stdout=out,
                timeout=self._patience,
            )
        )
        errors = [_USER.sub("", finished.output).strip()]
        if finished.timed_out and self._patience is not None:
            errors.append(f"no answer within {self._patience.total_seconds():.0f} s")
        return Said(exit_code=finished.exit_code, out=b"", errors="\n".join(filter(None, errors)))
