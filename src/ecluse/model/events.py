"""Facts, past tense, never edited. Their class names and fields are the ledger's format: add, never rename.

Fields are text, numbers, booleans, None, and tuples or mappings of those; times are on the record, not in the event.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from ecluse.model.shallow import shallow


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One fact. `environment` is empty for what belongs to the app alone."""

    environment: str = ""

    def to_json(self) -> dict[str, Any]:
        return shallow(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted(Event):
    """A command that changes something began. `verb` is `ship`, `check`, …"""

    run: str
    verb: str
    commit: str = ""
    dirty: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnded(Event):
    """A run of steps ended."""

    run: str
    outcome: str
    seconds: float
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepEnded(Event):
    """A pipeline step has its verdict. One that passed after several attempts is flaky."""

    run: str
    step: str
    answer: str
    seconds: float
    attempts: int = 1
    evidence: tuple[str, ...] = ()
    log: str = ""
    cached: str = ""
    logs: tuple[str, ...] = ()
    """One for each attempt, where there were several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleBuilt(Event):
    """A commit became a bundle."""

    run: str
    commit: str
    digest: str
    files: int
    wheels: int
    built_here: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseMade(Event):
    """A bundle got a version."""

    release: str
    version: str
    commit: str
    bundle: str
    config: str
    notes: str = ""
    tag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseIntended(Event):
    """All of a release is decided and its bytes are kept: from here on it may be seen outside. `intent` is the digest
    of the whole document, `files` are digests by name."""

    intent: str
    version: str
    commit: str
    tag: str
    bundle: str
    files: Mapping[str, str] = field(default_factory=dict)
    store: str = ""
    """Where others find it, or empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasePublished(Event):
    """All of it is outside: pushed to `remote`, sent to `index`, announced at `url`. Empty for what isn't wanted."""

    release: str
    version: str
    intent: str
    remote: str = ""
    index: str = ""
    url: str = ""
    image: str = ""
    sent: tuple[str, ...] = ()
    """Files that the index had not yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseTaken(Event):
    """A deployer may give orders to an environment."""

    generation: int
    holder: str


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class WheelhouseChosen(Event):
    """The wheels with which some hosts run a release: one for each Python and system that they report."""

    release: str
    digest: str
    python: str
    machine: str
    libc: str
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveMade(Event):
    """One move of a deployment: `stage`, `migrate`, `start`, `gate`, `shift`, `watch`."""

    deployment: str
    move: str
    seconds: float
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class GateAnswered(Event):
    """Health or watch gave its verdict on a slot."""

    deployment: str
    gate: str
    answer: str
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentStuck(Event):
    """Neither committed nor undone: the release before isn't fit to serve. A person is needed."""

    deployment: str
    release: str
    version: str
    why: str
    serving: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostEnded(Event):
    """How a deployment ended on one of several hosts: `reverted`, `kept` (not fit to go back), `over` (by then, so
    that it was not undone), `lost`, `left_out` (it was down, and is committed on the others), `converged`."""

    deployment: str
    host: str
    outcome: str
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyAnswered(Event):
    """A policy of the environment was asked before a deployment. `release` is empty before there is one."""

    policy: str
    answer: str
    evidence: tuple[str, ...] = ()
    release: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseApproved(Event):
    """A person said that a release may come into the environment. `by` is who they said they are."""

    release: str
    version: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyOverridden(Event):
    """The next deployment of the release goes on although these policies said no."""

    release: str
    version: str
    by: str
    why: str
    policies: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentStopped(Event):
    """A person stopped it."""

    release: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceSeen(Event):
    """The target was found in another state than the ledger said; the target is right."""

    expected: str
    found: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseBroken(Event):
    """A person evicted a deployer."""

    evicted: str
    generation: int
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostDrained(Event):
    """A person took it out of the balancer. `balancers`: the machines that were told."""

    host: str
    balancers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HostUndrained(Event):
    """A person put it back."""

    host: str
    balancers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketsNamed(Event):
    """What is to be told on tickets once it has come about: `happening` is `release`, `deploy` or `rollback`."""

    release: str
    version: str
    happening: str
    tickets: Mapping[str, str] = field(default_factory=dict)
    """By key the commits that name it, shortened."""
    awaits: str = ""
    """The deployment that has to be committed before it is so."""
    tag: str = ""
    serving: str = ""
    """The version that serves instead of one that is taken back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketTold(Event):
    """A ticket says it: `told` by us, `said` before by somebody, `overtaken` by something later, or `refused` for
    good. `notice` is the number of the event that named it."""

    notice: int
    version: str
    happening: str
    ticket: str
    outcome: str
    comment: str = ""
    moved: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketPutOff(Event):
    """Telling this one failed: the others come first from now on."""

    notice: int
    ticket: str
    code: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackerFailed(Event):
    """What is to be told waits: the tracker could not be asked. `patience`: the seconds it wants to be left alone."""

    code: str
    why: str
    patience: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown(Event):
    """An event written by a newer version; carried, not understood."""

    kind: str
    data: Mapping[str, Any] = field(default_factory=dict)


KINDS: dict[str, type[Event]] = {
    kind.__name__: kind
    for kind in (
        RunStarted,
        RunEnded,
        StepEnded,
        BundleBuilt,
        ReleaseMade,
        ReleaseIntended,
        ReleasePublished,
        LeaseTaken,
        DeploymentStarted,
        WheelhouseChosen,
        MoveMade,
        MigrationsRun,
        GateAnswered,
        PolicyAnswered,
        ReleaseApproved,
        PolicyOverridden,
        DeploymentCommitted,
        DeploymentReverted,
        DeploymentStuck,
        HostEnded,
        EnvironmentStopped,
        DifferenceSeen,
        LeaseBroken,
        HostDrained,
        HostUndrained,
        TicketsNamed,
        TicketTold,
        TicketPutOff,
        TrackerFailed,
    )
}


def named(event: Event) -> tuple[str, Mapping[str, Any]]:
    """The kind and the data that `from_json` takes."""
    return (event.kind, event.data) if isinstance(event, Unknown) else (type(event).__name__, event.to_json())


def from_json(kind: str, data: Mapping[str, Any]) -> Event:
    """The event that `to_json` wrote. Keys of a newer version are dropped; an unknown kind stays readable."""
    known = KINDS.get(kind)
    if known is None:
        return Unknown(environment=str(data.get("environment", "")), kind=kind, data=dict(data))
    names = {item.name for item in fields(known)}
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in data.items() if name in names
    }
    return known(**values)
