"""Policies asked in earnest: what is recorded of their answers, and how a refusal is told."""

from __future__ import annotations

from ecluse.loop.deploy.fleet import Fleet
from ecluse.loop.deploy.policy.policies import overridden, policies
from ecluse.loop.deploy.schema.crossing import crossing
from ecluse.loop.deploy.settle import known
from ecluse.loop.deploy.wanted import Wanted
from ecluse.model.events.event import Event
from ecluse.model.events.policies import PolicyAnswered, PolicyOverridden
from ecluse.model.problem import Exit, Problem
from ecluse.model.release import Release
from ecluse.model.verdict import Answer, Verdict
from ecluse.ports.world import World


async def ask(
    wanted: Wanted, release: Release | None, fleet: Fleet, world: World, *, override: str
) -> tuple[tuple[Verdict, ...], Problem | None]:
    """The answers, and one Problem with every refusal, which is recorded then. Asked early, to save the work."""
    verdicts = await policies(wanted, release, fleet, world, override=override)
    problem = refusal(verdicts, wanted, release)
    if problem is not None:
        world.ledger.append(*answered(verdicts, wanted, release))
    return verdicts, problem


async def ask_last(
    wanted: Wanted, release: Release, fleet: Fleet, world: World, *, override: str
) -> tuple[tuple[Verdict, ...], Problem | None]:
    """As `ask`, for the last time before the deployment: all answers are recorded, an override too."""
    verdicts, problem = await ask(wanted, release, fleet, world, override=override)
    if problem is None:
        _tell_doubts(verdicts, world)
        _let_go(verdicts, wanted, release, world, override)
    return verdicts, problem


def ask_schema(
    wanted: Wanted, release: Release, world: World, *, override: str
) -> tuple[tuple[Verdict, ...], Problem | None]:
    """All that a rollback is asked: whether the data has been taken past it."""
    name = wanted.environment.name
    found = crossing(release, known(world, name), world.store)
    verdicts = (overridden(found, world.actor, override),) if found else ()
    refusing = [verdict for verdict in verdicts if verdict.stops]
    if refusing:
        world.ledger.append(*answered(verdicts, wanted, release))
        return verdicts, _no_way_back(refusing[0], name, release)
    _tell_doubts(verdicts, world)
    _let_go(verdicts, wanted, release, world, override)
    return verdicts, None


def _tell_doubts(verdicts: tuple[Verdict, ...], world: World) -> None:
    for fact in (fact for verdict in verdicts if not verdict.is_required for fact in verdict.evidence):
        world.reporter.note(f"! {fact}")


def refusal(verdicts: tuple[Verdict, ...], wanted: Wanted, release: Release | None) -> Problem | None:
    refusing = [verdict for verdict in verdicts if verdict.stops]
    if not refusing:
        return None
    environment, gates = wanted.environment.name, ", ".join(verdict.gate for verdict in refusing)
    return Problem(
        code="D050",
        what=f"{environment} doesn't take {release.version} yet: {gates}"
        if release
        else f"{environment} takes no release now: {gates}",
        evidence=tuple(f"{verdict.gate}: {fact}" for verdict in refusing for fact in verdict.evidence),
        state=_state(release),
        fix=_fix(refusing, environment, release),
        exit=Exit.REFUSED,
    )


def answered(verdicts: tuple[Verdict, ...], wanted: Wanted, release: Release | None) -> tuple[Event, ...]:
    return tuple(
        PolicyAnswered(
            policy=verdict.gate,
            answer=verdict.answer,
            evidence=verdict.evidence,
            release=release.id if release else "",
            environment=wanted.environment.name,
        )
        for verdict in verdicts
    )


def _let_go(verdicts: tuple[Verdict, ...], wanted: Wanted, release: Release, world: World, override: str) -> None:
    over = tuple(verdict.gate for verdict in verdicts if verdict.answer is Answer.OVERRIDDEN)
    for gate in over:
        world.reporter.note(f"{gate} is overridden: {override}")
    leave = (_overridden(over, wanted, release, world.actor, override),) if over else ()
    world.ledger.append(*answered(verdicts, wanted, release), *leave)


def _no_way_back(verdict: Verdict, environment: str, release: Release) -> Problem:
    return Problem(
        code="D080",
        what=f"{environment} can't go back to {release.version}: its data has been taken past it",
        evidence=verdict.evidence,
        state="nothing moved; what serves serves on",
        fix=f'{verdict.fix}, and then, recorded: ecluse rollback {environment} --override "why"',
        exit=Exit.REFUSED,
    )


def _state(release: Release | None) -> str:
    if release is None:
        return "nothing was built, released or deployed; what served before serves"
    tagged = f", tagged {release.tag}," if release.tag else ""
    return f"release {release.version}{tagged} is made and waits; nothing moved, what served before serves"


def _fix(refusing: list[Verdict], environment: str, release: Release | None) -> str:
    """Everything that has to be done, then what to type; or the other way."""
    steps = [verdict.fix for verdict in refusing if verdict.fix]
    again = f"ecluse deploy {environment} --release {release.version}" if release else f"ecluse ship {environment}"
    waived = f'or, at once, past all policies, and recorded: {again} --override "why"'
    return "; ".join([*steps, f"then: {again}", waived])


def _overridden(over: tuple[str, ...], wanted: Wanted, release: Release, by: str, why: str) -> PolicyOverridden:
    return PolicyOverridden(
        release=release.id, version=release.version, by=by, why=why, policies=over,
        environment=wanted.environment.name,
    )  # fmt: skip
