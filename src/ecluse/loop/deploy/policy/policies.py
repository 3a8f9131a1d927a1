"""The facts for an environment's policies, gathered, and what they say to them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

from ecluse.loop.deploy.fleet import Fleet
from ecluse.loop.deploy.policy.approvals import GATE as APPROVALS
from ecluse.loop.deploy.policy.approvals import approvals
from ecluse.loop.deploy.policy.backup import backup, unasked
from ecluse.loop.deploy.policy.budget import error_budget
from ecluse.loop.deploy.policy.freeze import freeze
from ecluse.loop.deploy.policy.staging import GATE as STAGING
from ecluse.loop.deploy.policy.staging import staging
from ecluse.loop.deploy.schema.crossing import crossing
from ecluse.loop.deploy.wanted import Wanted
from ecluse.model.history import EnvironmentKnown
from ecluse.model.problem import ProblemError
from ecluse.model.release import Release
from ecluse.model.verdict import Answer, Verdict
from ecluse.ports.commands import Command
from ecluse.ports.world import World

PATIENCE = timedelta(minutes=1)
"""What `last_backup` may take."""
PASSED_ON = ("PATH", "HOME", "SSH_AUTH_SOCK")
"""What it sees of the caller's environment."""


async def policies(
    wanted: Wanted, release: Release | None, fleet: Fleet, world: World, *, override: str = ""
) -> tuple[Verdict, ...]:
    """What the environment of `wanted` declares, cheap ones first; without a `release` what needs none. And whether the
    data has been taken past the release (`schema`), which needs no declaring.

    With the reason of an `override`, what didn't pass is OVERRIDDEN. Changes and records nothing. ProblemError when
    the target, which is asked for its counters, can't be reached.
    """
    verdicts = [verdict async for verdict in _asked(wanted, release, fleet, world)]
    return tuple(overridden(verdict, world.actor, override) for verdict in verdicts)


def undecided(wanted: Wanted) -> tuple[Verdict, ...]:
    """What can't be asked before there is a release."""
    policy = wanted.environment.policy
    declared = {APPROVALS: policy.approvals, STAGING: policy.staging}
    why = ("asked when the release is built",)
    return tuple(
        Verdict(gate=gate, answer=Answer.NOT_CHECKED, evidence=why) for gate, asked in declared.items() if asked
    )


async def _asked(wanted: Wanted, release: Release | None, fleet: Fleet, world: World) -> AsyncIterator[Verdict]:
    policy, now = wanted.environment.policy, world.clock.now()
    if policy.freeze or policy.holidays:
        yield freeze(policy, now)
    if release is not None:
        for verdict in _of_release(wanted, release, world):
            yield verdict
    if policy.max_backup_age is not None:
        yield await _backup(wanted, world)
    if policy.availability is not None:
        yield error_budget(policy, await fleet.observe())


def _of_release(wanted: Wanted, release: Release, world: World) -> list[Verdict]:
    policy, name, state = wanted.environment.policy, wanted.environment.name, world.ledger.state()
    schema = crossing(release, state.environments.get(name, EnvironmentKnown(name=name)), world.store)
    asked = [schema] if schema else []
    if policy.approvals:
        given = state.environments.get(name, EnvironmentKnown(name=name)).approvals
        asked.append(
            approvals(policy, given, release=release, deploys=world.actor, environment=name, now=world.clock.now())
        )
    if policy.staging:
        first = state.environments.get(policy.staging, EnvironmentKnown(name=policy.staging))
        asked.append(staging(first, state.releases, release))
    return asked


async def _backup(wanted: Wanted, world: World) -> Verdict:
    """Its secrets are the environment's, so that it can ask where backups are kept; they are masked in evidence."""
    policy, settings = wanted.environment.policy, wanted.settings
    command = Command(
        argv=policy.last_backup,
        folder=world.root,
        env={
            **{name: world.env[name] for name in PASSED_ON if name in world.env},
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            **wanted.environment.env,
            **settings.env,
            **settings.revealed,
        },
        timeout=PATIENCE,
        secrets=tuple(settings.revealed.values()),
    )
    try:
        said = await world.commands.run(command)
    except ProblemError as error:
        return unasked(error.problems[0].what)
    return backup(policy, said, world.clock.now())


def overridden(verdict: Verdict, by: str, why: str) -> Verdict:
    """With a reason `why`, what stops no longer does."""
    if not why or not verdict.stops:
        return verdict
    return replace(verdict, answer=Answer.OVERRIDDEN, evidence=(*verdict.evidence, f"overridden by {by}: {why}"))
