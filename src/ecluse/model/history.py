"""What the events say, folded. Pure: the same events always give the same State."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from datetime import datetime

from ecluse.model.events.deployments import (
    DeploymentCommitted,
    DeploymentReverted,
    DeploymentStarted,
    DeploymentStuck,
    MigrationsRun,
    MoveMade,
)
from ecluse.model.events.environments import DifferenceSeen, EnvironmentStopped
from ecluse.model.events.policies import PolicyOverridden, ReleaseApproved
from ecluse.model.events.releases import ReleaseMade
from ecluse.model.notices import NOTICING, Outbox, noticed
from ecluse.model.recorded import Recorded
from ecluse.model.values import frozen

KEPT = 50
"""How many deployments and approvals of an environment a State carries; a ledger keeps them all."""


@frozen
class ReleaseKnown:
    """A release as the ledger knows it."""

    id: str
    version: str
    commit: str
    bundle: str
    config: str
    notes: str
    tag: str
    at: datetime


@frozen
class ApprovalKnown:
    """`by` approved the release, the last time at `at`."""

    release: str
    by: str
    at: datetime


@frozen
class OverrideKnown:
    """Which policies of an environment a deployment of `release` went against, and why."""

    release: str
    by: str
    why: str
    policies: tuple[str, ...]


@frozen
class MigrationKnown:
    """One that the environment's data has, or may have (`is_certain`). `number` is that of the event that said so,
    `contract` why it can't be gone back from, `unclear` why it isn't known whether it can; or empty."""

    name: str
    tool: str
    number: int
    deployment: str
    version: str
    contract: str = ""
    unclear: str = ""
    is_certain: bool = True


@frozen
class DeploymentKnown:
    """`outcome` is `open`, `committed`, `reverted` or `stuck`. `moves` are (move, when, seconds, detail).

    `number` is that of the event that began it: the cursor of a list. `settings` is the keyed hash of the values
    it was deployed with.
    """

    id: str
    environment: str
    release: str
    version: str
    verb: str
    slot: str
    started_at: datetime
    number: int
    actor: str = ""
    settings: str = ""
    outcome: str = "open"
    ended_at: datetime | None = None
    why: str = ""
    moves: tuple[tuple[str, datetime, float, str], ...] = ()
    overridden: OverrideKnown | None = None


@frozen
class EnvironmentKnown:
    """`serving` and `previous` are release ids; `previous` is what a rollback goes to."""

    name: str
    serving: str = ""
    previous: str = ""
    deployments: tuple[DeploymentKnown, ...] = ()
    """The newest `KEPT`, newest first."""
    approvals: tuple[ApprovalKnown, ...] = ()
    """The newest `KEPT`, newest first, one of each person for each release."""
    overridden: OverrideKnown | None = None
    """What the next deployment, if it is of that release, may go against."""
    migrations: tuple[MigrationKnown, ...] = ()
    """Those that deployments are known to have applied here, oldest first."""


@frozen
class State:
    """All that the ledger's events add up to."""

    environments: Mapping[str, EnvironmentKnown] = field(default_factory=dict)
    releases: Mapping[str, ReleaseKnown] = field(default_factory=dict)
    outbox: Outbox = field(default_factory=Outbox)
    """What is to be told on tickets."""
    events: int = 0
    """The number of the last event folded."""


PERMITTING = (ReleaseApproved, PolicyOverridden)
MOVING = (
    DeploymentStarted,
    MoveMade,
    MigrationsRun,
    DeploymentCommitted,
    DeploymentReverted,
    DeploymentStuck,
    EnvironmentStopped,
    DifferenceSeen,
    *PERMITTING,
)
"""The events that change what is known of an environment; `apply` needs no other part of a State for them."""


def apply(state: State, record: Recorded) -> State:
    event = record.event
    outbox = noticed(state.outbox, record) if isinstance(event, NOTICING) else state.outbox
    counted = replace(state, events=record.number, outbox=outbox)
    if isinstance(event, ReleaseMade):
        return replace(counted, releases={event.release: _release(event, record.at), **state.releases})
    if isinstance(event, MOVING):
        before = state.environments.get(event.environment) or EnvironmentKnown(name=event.environment)
        after = _permitted(before, event, record.at) if isinstance(event, PERMITTING) else _moved(before, record)
        return replace(counted, environments={**state.environments, before.name: after})
    return counted


def fold(records: Iterable[Recorded]) -> State:
    state = State()
    for record in records:
        state = apply(state, record)
    return state


def _release(made: ReleaseMade, at: datetime) -> ReleaseKnown:
    return ReleaseKnown(
        id=made.release, version=made.version, commit=made.commit, bundle=made.bundle, config=made.config,
        notes=made.notes, tag=made.tag, at=at,
    )  # fmt: skip


def _moved(environment: EnvironmentKnown, record: Recorded) -> EnvironmentKnown:
    match record.event:
        case DeploymentStarted() as started:
            begun = replace(_begun(started, record, started.settings), overridden=_leave(environment, started.release))
            return _put(replace(environment, overridden=None), begun)
        case MoveMade() as made:
            return _put(environment, *_after(environment, made, record.at))
        case MigrationsRun() as run:
            return replace(environment, migrations=_migrated(environment.migrations, run, record.number))
        case DeploymentCommitted() as committed:
            ended = replace(_known(environment, committed, record), outcome="committed", ended_at=record.at)
            return _serving(_put(environment, ended), committed.release)
        case DeploymentReverted() | DeploymentStuck() as event:
            outcome = "stuck" if isinstance(event, DeploymentStuck) else "reverted"
            ended = replace(_known(environment, event, record), outcome=outcome, ended_at=record.at, why=event.why)
            return _serving(_put(environment, ended), event.serving)
        case _ as event:
            return _serving(environment, event.found if isinstance(event, DifferenceSeen) else "")


def _migrated(before: tuple[MigrationKnown, ...], run: MigrationsRun, number: int) -> tuple[MigrationKnown, ...]:
    """What a deployment may have applied is known for certain, or not so, with its next event."""
    named, this = {*run.applied, *run.found}, run.deployment
    kept = [
        one
        for one in before
        if one.name not in run.applied and (one.is_certain or not (one.name in named or one.deployment == this))
    ]
    names = {one.name for one in kept}
    new = tuple(
        MigrationKnown(
            name=name, tool=run.tool, number=number, deployment=run.deployment, version=run.version,
            contract=run.contracts.get(name, ""), unclear=run.unclear.get(name, ""),
            is_certain=run.outcome != "begun" or name in run.found,
        )
        for name in (*run.found, *run.applied) if name not in names
    )  # fmt: skip
    return (*kept, *new)


def _leave(environment: EnvironmentKnown, release: str) -> OverrideKnown | None:
    """What was given to the deployment of another release, which never began, is not for this one."""
    given = environment.overridden
    return given if given and given.release == release else None


def _permitted(
    environment: EnvironmentKnown, event: ReleaseApproved | PolicyOverridden, at: datetime
) -> EnvironmentKnown:
    if isinstance(event, PolicyOverridden):
        leave = OverrideKnown(release=event.release, by=event.by, why=event.why, policies=event.policies)
        return replace(environment, overridden=leave)
    before = (one for one in environment.approvals if (one.release, one.by) != (event.release, event.by))
    approvals = (ApprovalKnown(release=event.release, by=event.by, at=at), *before)
    return replace(environment, approvals=approvals[:KEPT])


def _begun(
    event: DeploymentStarted | DeploymentCommitted | DeploymentReverted | DeploymentStuck,
    record: Recorded,
    settings: str = "",
) -> DeploymentKnown:
    return DeploymentKnown(
        id=event.deployment, environment=event.environment, release=event.release, version=event.version,
        verb=getattr(event, "verb", "deploy"), slot=getattr(event, "slot", ""), started_at=record.at,
        number=record.number, actor=record.actor, settings=settings,
    )  # fmt: skip


def _known(
    environment: EnvironmentKnown, event: DeploymentCommitted | DeploymentReverted | DeploymentStuck, record: Recorded
) -> DeploymentKnown:
    """The deployment that ends; one that began in another ledger begins here with its end."""
    return _find(environment, event.deployment) or _begun(event, record)


def _find(environment: EnvironmentKnown, deployment: str) -> DeploymentKnown | None:
    return next((known for known in environment.deployments if known.id == deployment), None)


def _after(environment: EnvironmentKnown, made: MoveMade, at: datetime) -> tuple[DeploymentKnown, ...]:
    known = _find(environment, made.deployment)
    if known is None:
        return ()
    return (replace(known, moves=(*known.moves, (made.move, at, made.seconds, made.detail))),)


def _put(environment: EnvironmentKnown, *changed: DeploymentKnown) -> EnvironmentKnown:
    known = {deployment.id: deployment for deployment in (*environment.deployments, *changed)}
    newest = sorted(known.values(), key=lambda deployment: deployment.number, reverse=True)
    return replace(environment, deployments=tuple(newest[:KEPT]))


def _serving(environment: EnvironmentKnown, release: str) -> EnvironmentKnown:
    """`release` serves. The one to go back to is the last other one that was committed here."""
    if not release:
        return replace(environment, serving="")
    committed = (known.release for known in environment.deployments if known.outcome == "committed")
    before = (*committed, environment.serving, environment.previous)
    previous = next((known for known in before if known not in {"", release}), "")
    return replace(environment, serving=release, previous=previous)
