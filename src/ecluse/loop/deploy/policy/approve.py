"""A person says that a release may come into an environment."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ecluse.loop.deploy.policy.approvals import flaw, is_approver, may_approve, person
from ecluse.loop.deploy.recall import find
from ecluse.model.app import App, Environment
from ecluse.model.events.policies import ReleaseApproved
from ecluse.model.history import ReleaseKnown, State
from ecluse.model.policy import Policy
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.model.values import frozen
from ecluse.ports.world import World

NOBODY = "@"
"""Deploys nothing: all approvals are shown, whoever will deploy."""


@frozen
class Approved:
    """`people` are those whose approval counts now, unless one of them deploys."""

    release: ReleaseKnown
    environment: str
    by: str
    until: datetime
    people: tuple[str, ...]
    needed: int


def to_approve(environment: Environment, name: str, world: World) -> ReleaseKnown:
    """ProblemError D051 for who isn't among the approvers, D052 where none are asked for, D032 without such a
    release."""
    policy = environment.policy
    if not policy.approvals:
        raise ProblemError(_not_asked(environment.name))
    if not is_approver(world.actor, policy):
        raise ProblemError(_not_an_approver(environment, world.actor))
    return find(world.ledger.state(), name, environment)


def approve(environment: Environment, name: str, world: World) -> Approved:
    """Record it. Again by the same person: it is one approval, and counts for longer. Refused as `to_approve` does."""
    policy, release = environment.policy, to_approve(environment, name, world)
    (record,) = world.ledger.append(
        ReleaseApproved(release=release.id, version=release.version, by=world.actor, environment=environment.name)
    )
    return Approved(
        release=release,
        environment=environment.name,
        by=world.actor,
        until=record.at + policy.approval_expires,
        people=_people(world.ledger.state(), environment.name, release.id, policy, record.at),
        needed=policy.approvals,
    )


def environment_to_approve_for(app: App, name: str | None) -> str:
    """The only one that asks for approvals, unless one is named. Several or none: ProblemError D053."""
    asking: list[str] = [environment.name for environment in app.environments if environment.policy.approvals]
    if name is not None:
        return name
    if len(asking) != 1:
        raise ProblemError(_which(asking))
    return asking[0]


def document(approved: Approved) -> dict[str, Any]:
    """The `--json` form; its keys are stable."""
    return {
        "outcome": "approved",
        "environment": approved.environment,
        "release": approved.release.id,
        "version": approved.release.version,
        "commit": approved.release.commit,
        "by": approved.by,
        "until": approved.until.isoformat(),
        "approvals": list(approved.people),
        "needed": approved.needed,
    }


def _people(state: State, environment: str, release: str, policy: Policy, now: datetime) -> tuple[str, ...]:
    given = (one for one in state.environments[environment].approvals if one.release == release)
    counted = {person(one.by): one.by for one in given if not flaw(one, policy, deploys=NOBODY, now=now)}
    return tuple(counted.values())


def _not_asked(environment: str) -> Problem:
    return Problem(
        code="D052",
        what=f"'{environment}' asks for no approvals",
        state="nothing was recorded",
        fix=f"name another by --env, or add `approvals = 1` to [environments.{environment}.policy]",
    )


def _not_an_approver(environment: Environment, actor: str) -> Problem:
    return Problem(
        code="D051",
        what=f"{actor} is not among those who may approve for '{environment.name}'",
        evidence=(may_approve(environment.policy, NOBODY),),
        state="nothing was recorded",
        fix="ask one of them; or, if you are one, say who you are: ECLUSE_ACTOR=you@example.org ecluse approve …",
        exit=Exit.REFUSED,
    )


def _which(asking: list[str]) -> Problem:
    known = f"those that do are {', '.join(asking)}" if asking else "none does"
    return Problem(
        code="D053",
        what=f"which environment is the approval for? {known}",
        state="nothing was recorded",
        fix="name it by --env; `approvals = 1` in its [environments.….policy] asks for them",
    )
