"""A host that others run for us, before it has a keeper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """`changes` were made, or would be; `notes` is what is needed besides and takes other rights than ours."""

    changes: tuple[str, ...]
    notes: tuple[str, ...]
    facts: HostFacts


class Host(Protocol):
    async def prepare(self, *, apply: bool) -> Prepared:
        """Put there what a keeper needs, for the user that we are there; without `apply` nothing is changed and what
        would be is told. What is right already is left alone. ProblemError H001 to H007."""

    async def close(self) -> None: ...
