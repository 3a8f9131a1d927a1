"""What happened to deployments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from ecluse.model.events.event import Event
from ecluse.model.values import frozen


@frozen
class DeploymentStarted(Event):
    """A release is on its way into a slot."""

    deployment: str
    release: str
    version: str
    slot: str
    previous: str = ""
    verb: str = "deploy"
    settings: str = ""
    """Keyed hash of the environment's values, to see that they changed."""
    hosts: tuple[str, ...] = ()
    """Empty for this machine alone."""


@frozen
class WheelhouseChosen(Event):
    """The wheels with which some hosts run a release: one for each Python and system that they report."""

    release: str
    digest: str
    python: str
    machine: str
    libc: str
    hosts: tuple[str, ...]


@frozen
class MoveMade(Event):
    """One move of a deployment: `stage`, `migrate`, `start`, `gate`, `shift`, `watch`."""

    deployment: str
    move: str
    seconds: float
    detail: str = ""


@frozen
class MigrationsRun(Event):
    """The migration command of a deployment. Written before it runs (`begun`: a kill leaves open how far it got), and
    with what it did once that is known (`done`, or `failed` with what was applied all the same)."""

    deployment: str
    release: str
    version: str
    outcome: str
    tool: str = ""
    """`django` or `alembic`; empty for any other command, whose migrations are not known."""
    applied: tuple[str, ...] = ()
    """By this run."""
    found: tuple[str, ...] = ()
    """Applied before it, and new to this ledger."""
    contracts: Mapping[str, str] = field(default_factory=dict)
    """Those that can't be gone back from, and why."""
    unclear: Mapping[str, str] = field(default_factory=dict)
    """Those whose effect on the release before isn't known, and why."""
    heads: tuple[str, ...] = ()
    """The schema that the release needs: its last migrations."""


@frozen
class GateAnswered(Event):
    """Health or watch gave its verdict on a slot."""

    deployment: str
    gate: str
    answer: str
    evidence: tuple[str, ...] = ()


@frozen
class DeploymentCommitted(Event):
    """It serves, and is there to stay."""

    deployment: str
    release: str
    version: str
    slot: str
    seconds: float = 0.0
    verb: str = "deploy"
    behind: tuple[str, ...] = ()
    """Hosts that missed the commit."""


@frozen
class DeploymentStuck(Event):
    """Neither committed nor undone: the release before isn't fit to serve. A person is needed."""

    deployment: str
    release: str
    version: str
    why: str
    serving: str = ""


@frozen
class HostEnded(Event):
    """How a deployment ended on one of several hosts: `reverted`, `kept` (not fit to go back), `over` (by then, so
    that it was not undone), `lost`, `left_out` (it was down, and is committed on the others), `converged`."""

    deployment: str
    host: str
    outcome: str
    why: str = ""


@frozen
class DeploymentReverted(Event):
    """The release before serves again."""

    deployment: str
    release: str
    version: str
    why: str
    serving: str = ""
    """The release that serves afterwards, or empty."""
    evidence: tuple[str, ...] = ()
    requests: int | None = None
    """That the release answered while it had traffic. None: it had none, or they aren't known."""
    failed: int | None = None
    """How many of them were answered with 5xx, or not at all."""
