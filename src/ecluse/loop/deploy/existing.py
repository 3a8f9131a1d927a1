"""Deploy a release that exists, without building: what `deploy` and `rollback` have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from ecluse.loop.build.exposed import env_files, keys_in_release
from ecluse.loop.deploy.deploy import deploy
from ecluse.loop.deploy.fleet import Fleet, Seen, fleet_of
from ecluse.loop.deploy.lease import held
from ecluse.loop.deploy.listening import port_trouble, require_port
from ecluse.loop.deploy.policy.asked import ask, ask_last, ask_schema
from ecluse.loop.deploy.policy.policies import policies
from ecluse.loop.deploy.recall import as_it_was, find, recall, release_of
from ecluse.loop.deploy.settle import settle
from ecluse.loop.deploy.transaction import Deployed
from ecluse.loop.deploy.wanted import Wanted, require_health, require_place_for_dirty
from ecluse.loop.gates import gates_of, is_lenient, said_untested, stopped_by
from ecluse.loop.ship import Shipped, outcome_of
from ecluse.loop.test.steps import run_steps
from ecluse.loop.test.under_way import under_way
from ecluse.model.events.runs import RunEnded, RunStarted
from ecluse.model.history import ReleaseKnown, State
from ecluse.model.problem import Problem
from ecluse.model.release import Release, is_dirty
from ecluse.model.verdict import Verdict
from ecluse.ports.world import World


async def deploy_existing(
    wanted: Wanted,
    choose: Callable[[Seen, State], ReleaseKnown],
    world: World,
    *,
    verb: str,
    wait: timedelta | None = None,
    override: str = "",
) -> Shipped:
    """`choose` decides under the lease, from what the target and the ledger say then. A rollback is asked about the
    schema alone."""
    began = world.clock.monotonic()
    fleet = fleet_of(world, wanted.app, wanted.environment)
    async with held(fleet, wanted.environment.lease, world, wait) as lease:
        seen = await settle(fleet, lease, wanted.environment, world)
        recalled = recall(choose(seen, world.ledger.state()), world.store)
        require_place_for_dirty(wanted.environment, dirty=is_dirty(recalled.release.version))
        then = as_it_was(wanted, recalled)
        require_health(then)
        exposed = env_files(recalled.bundle, world.store, wanted.environment) if verb == "deploy" else None
        if exposed and exposed.stops:
            seconds = world.clock.monotonic() - began
            return _halted(then, recalled.release, (exposed,), keys_in_release(exposed), seconds)
        if verb == "deploy":
            verdicts, problem = await _asked(wanted, then, recalled.release, fleet, world, override=override)
        else:
            verdicts, problem = ask_schema(wanted, recalled.release, world, override=override)
        if problem:
            return _halted(then, recalled.release, verdicts, problem, world.clock.monotonic() - began)
        deployed = await deploy(then, recalled.release, recalled.bundle, fleet, lease, world, verb=verb)
    seconds = world.clock.monotonic() - began
    return _ended(then, recalled.release, (*verdicts, *filter(None, [exposed])), deployed, seconds, verb)


async def would_deploy(
    wanted: Wanted, name: str, world: World, *, override: str
) -> tuple[ReleaseKnown, tuple[Verdict, ...]]:
    """The release, and what the policies say to it. Reads only."""
    found = find(world.ledger.state(), name, wanted.environment)
    require_place_for_dirty(wanted.environment, dirty=is_dirty(found.version))
    fleet = fleet_of(world, wanted.app, wanted.environment)
    await require_port(as_it_was(wanted, recall(found, world.store)), fleet)
    return found, await policies(wanted, release_of(found), fleet, world, override=override)


async def _asked(
    wanted: Wanted, then: Wanted, release: Release, fleet: Fleet, world: World, *, override: str
) -> tuple[tuple[Verdict, ...], Problem | None]:
    """Policies, then steps, which take their time; then policies again, so that they hold when it moves."""
    early, problem = await ask(wanted, release, fleet, world, override=override)
    problem = problem or await port_trouble(then, fleet)
    if problem:
        return early, problem
    steps = await _gates(wanted, then, release, world)
    if problem := stopped_by(steps):
        return (*early, *steps), replace(problem, state="nothing was deployed; what served before serves")
    last, problem = await ask_last(wanted, release, fleet, world, override=override)
    return (*last, *steps), problem


async def _gates(wanted: Wanted, then: Wanted, release: Release, world: World) -> tuple[Verdict, ...]:
    """The gates of this environment, asked of the release's commit: that it passed others is no answer."""
    run, began = world.ids.new("run"), world.clock.monotonic()
    environment, outcome = wanted.environment, "halted"
    names = gates_of(replace(then, environment=environment))
    started = RunStarted(run=run, verb="deploy", commit=release.commit, environment=environment.name)
    with under_way(world, started):
        try:
            verdicts = await run_steps(
                then.app,
                world,
                commit=release.commit,
                dirty=False,
                names=names,
                environment_secrets=wanted.settings.secrets,
                run=run,
                lenient=is_lenient(wanted),
            )
            verdicts = (*verdicts, *said_untested(then.app, names, run, world))
            outcome = "failed" if stopped_by(verdicts) else "passed"
        finally:
            seconds = round(world.clock.monotonic() - began, 3)
            world.ledger.append(RunEnded(run=run, outcome=outcome, seconds=seconds, environment=environment.name))
    return verdicts


def _halted(
    wanted: Wanted, release: Release, verdicts: tuple[Verdict, ...], problem: Problem, seconds: float
) -> Shipped:
    return Shipped(
        outcome="halted",
        environment=wanted.environment.name,
        url=wanted.url,
        commit=release.commit,
        release=release.id,
        version=release.version,
        seconds=seconds,
        gates=verdicts,
        problem=problem,
    )


def _ended(
    wanted: Wanted, release: Release, verdicts: tuple[Verdict, ...], deployed: Deployed, seconds: float, verb: str
) -> Shipped:
    return Shipped(
        outcome=_outcome(deployed, verb),
        environment=wanted.environment.name,
        url=wanted.url,
        commit=release.commit,
        release=release.id,
        version=release.version,
        seconds=seconds,
        gates=(*verdicts, *deployed.verdicts),
        timeline=deployed.timeline,
        answered=deployed.answered,
        problem=deployed.problem,
        off=wanted.app.off,
    )


def _outcome(deployed: Deployed, verb: str) -> str:
    """A rollback that failed is halted: `rolled_back` is the word for one that was made."""
    if verb != "rollback":
        return outcome_of(deployed, done="deployed")
    found = outcome_of(deployed, done="rolled_back")
    return "halted" if deployed.problem is not None and found == "rolled_back" else found
