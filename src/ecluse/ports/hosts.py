"""A host that others run for us, before it has a keeper."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from ecluse.model.app import Argv
from ecluse.model.values import frozen


@frozen
class HostFacts:
    """What a host says of itself. None: it can't be found out."""

    user: str
    root: bool
    python: str
    """The version that runs the keeper."""
    pythons: tuple[str, ...]
    """`X.Y` of those that an app could run on."""
    system: str
    kernel: str
    machine: str
    libc: str
    routing: bool
    """Whether the kernel shares connections between slots."""
    free_bytes: int
    memory_bytes: int
    processors: int
    open_files: int
    first_free_port: int | None
    skew: float
    """Seconds by which its clock is ahead of ours."""
    systemd: bool
    lingers: bool | None
    crontab: bool
    environments: tuple[str, ...]
    """Folders of those that it keeps."""


@frozen
class Prepared:
    """`changes` were made, or would be; `notes` is what is needed besides and takes other rights than ours."""

    changes: tuple[str, ...]
    notes: tuple[str, ...]
    facts: HostFacts


@frozen
class Ran:
    """A command that ended on a host. `exit_code` is -1 when a signal ended it."""

    exit_code: int
    seconds: float


@frozen
class Sent:
    """A file for hosts. `path`: where it belongs there, from the user's home if it isn't absolute; `source`: where it
    lies here, which must not change meanwhile."""

    path: str
    source: Path
    size: int
    sha256: str
    blake2b: str
    """A host checks by the one that it computes faster."""
    mode: int


@frozen
class Placed:
    """`found`: what was there, `same`, `mode` (the same content with another mode), `other` or `none`. `sent`: bytes of
    the file that travelled."""

    found: str
    sent: int
    seconds: float


class Host(Protocol):
    async def prepare(self, *, apply: bool) -> Prepared:
        """Put there what a keeper needs, for the user that we are there; without `apply` nothing is changed and what
        would be is told. What is right already is left alone. ProblemError H001 to H007."""

    async def run(self, argv: Argv, within: timedelta, say: Callable[[str], None]) -> Ran:
        """A command there, as the user that we are; one word is text for the shell. `say` gets each line of its output
        and errors. ProblemError H001 to H004 when the host can't be reached, H013 when it takes longer than `within`,
        connecting included: its connection is ended then, and so is the command, unless it ignores that."""

    async def place(self, file: Sent, within: timedelta, *, apply: bool) -> Placed:
        """Have the file there, whole or not at all; what is there already isn't sent, without `apply` nothing is. A few
        are sent at once, the others wait; `within` is for a look there, and again for what is sent. ProblemError as for
        `run`, and H019 when it can't be put there."""

    async def close(self) -> None: ...
