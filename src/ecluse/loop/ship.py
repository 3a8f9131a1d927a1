"""The whole way: lease, look, check, build, release, deploy, watch, record."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

from ecluse.loop.build.bundle import build
from ecluse.loop.build.exposed import keys_in_release
from ecluse.loop.deploy.answered import Answered
from ecluse.loop.deploy.deploy import absent_hosts, deploy
from ecluse.loop.deploy.fleet import Fleet, Seen, fleet_of
from ecluse.loop.deploy.houses import houses_of
from ecluse.loop.deploy.lease import Lease, held
from ecluse.loop.deploy.listening import port_trouble
from ecluse.loop.deploy.policy.asked import ask, ask_last
from ecluse.loop.deploy.problems import interrupted_before
from ecluse.loop.deploy.remember import remember
from ecluse.loop.deploy.settle import settle
from ecluse.loop.deploy.transaction import Deployed, Moved
from ecluse.loop.deploy.wanted import (
    Wanted,
    keep_app,
    require_health,
    require_place_for_dirty,
    settings_digest,
)
from ecluse.loop.each import on_each
from ecluse.loop.gates import gates_of, is_lenient, said_exposed, said_untested, stopped_by
from ecluse.loop.release.adopted import released_bundle
from ecluse.loop.release.attest.attest import attest
from ecluse.loop.release.make import make_release, plan_release, release_of
from ecluse.loop.test.steps import run_steps
from ecluse.loop.test.under_way import under_way
from ecluse.loop.test.untested import untested
from ecluse.model.app import Process
from ecluse.model.artifact import Bundle
from ecluse.model.events.environments import LeaseTaken
from ecluse.model.events.runs import RunEnded, RunStarted
from ecluse.model.ids import Commit, HostName
from ecluse.model.observed import Observed
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.model.release import Release
from ecluse.model.values import frozen
from ecluse.model.verdict import Verdict
from ecluse.ports.world import World


def outcome_of(deployed: Deployed, *, done: str) -> str:
    """The word for how it ended; `done` is the one for success."""
    problem = deployed.problem
    if deployed.held:
        return "waiting"
    if problem is None:
        return done
    if deployed.committed:
        return "mixed"
    return "rolled_back" if problem.exit in {Exit.ROLLED_BACK, Exit.INTERRUPTED} else "halted"


@frozen
class ShipOrder:
    """What the person asked for. `jobs` None: as many as there are processors."""

    wanted: Wanted
    commit: Commit
    dirty: bool = False
    jobs: int | None = None
    fail_fast: bool = False
    wait: timedelta | None = None
    """How long to stand in line for an environment that somebody else has; None: not at all."""
    override: str = ""
    """Why policies that say no are to be passed over; empty: they aren't."""


@frozen
class Shipped:
    """How it ended. `outcome` is `shipped`, `unchanged`, `rolled_back`, `halted`, `waiting` (for a person) or `mixed`
    (decided, and not on every host yet)."""

    outcome: str
    environment: str
    url: str = ""
    commit: str = ""
    release: str = ""
    version: str = ""
    seconds: float = 0.0
    gates: tuple[Verdict, ...] = ()
    timeline: tuple[Moved, ...] = ()
    problem: Problem | None = None
    off: tuple[Process, ...] = ()
    """Processes of the release that aren't started."""
    answered: Answered | None = None
    """By a release that was undone once it had traffic."""
    leads_back: bool = False
    """Whether there is a release before, which a rollback would lead to."""

    @property
    def exit(self) -> Exit:
        return self.problem.exit if self.problem else Exit.DONE


async def ship(order: ShipOrder, world: World) -> Shipped:
    """Bring a commit into an environment. Safe to repeat: what is there already is not done again."""
    began = world.clock.monotonic()
    wanted = order.wanted
    require_health(wanted)
    require_place_for_dirty(order.wanted.environment, dirty=order.dirty)
    commit = order.commit
    dirty = order.dirty and await world.source.is_dirty()
    fleet = fleet_of(world, wanted.app, wanted.environment)
    found = await serving_already(wanted, commit, fleet, world) if not dirty else None
    if found is not None:
        return replace(found, seconds=world.clock.monotonic() - began)
    run = world.ids.new("run")
    async with held(fleet, wanted.environment.lease, world, order.wait) as lease:
        voyage = Voyage(order=order, run=run, commit=commit, dirty=dirty, fleet=fleet, lease=lease, world=world)
        shipped = await _recorded(voyage, began)
    return replace(shipped, seconds=world.clock.monotonic() - began)


async def _recorded(voyage: Voyage, began: float) -> Shipped:
    """As a run, however it ends. `began` is when it was asked for."""
    world, name, run = voyage.world, voyage.order.wanted.environment.name, voyage.run
    shipped = Shipped(outcome="halted", environment=name, commit=voyage.commit)
    with under_way(
        world,
        RunStarted(run=run, verb="ship", commit=voyage.commit, dirty=voyage.dirty, environment=name),
        LeaseTaken(generation=voyage.lease.generation, holder=world.holder.id, environment=name),
    ):
        try:
            shipped = await voyage.make()
        finally:
            remember(
                world,
                RunEnded(
                    run=run,
                    outcome=shipped.outcome,
                    seconds=round(world.clock.monotonic() - began, 3),
                    why=shipped.problem.what if shipped.problem else "",
                    environment=name,
                ),
            )
    return shipped


@frozen
class Voyage:
    """One ship under way, with the lease in its hands."""

    order: ShipOrder
    run: str
    commit: Commit
    dirty: bool
    fleet: Fleet
    lease: Lease
    world: World

    @property
    def wanted(self) -> Wanted:
        return self.order.wanted

    async def make(self) -> Shipped:
        early, problem = await ask(self.wanted, None, self.fleet, self.world, override=self.order.override)
        if problem:
            return self._halted(early, problem)
        seen = await settle(self.fleet, self.lease, self.wanted.environment, self.world)
        absent_hosts(self.wanted.environment, self.lease, seen)
        if problem := await port_trouble(self.wanted, self.fleet):
            return self._halted(early, problem)
        with nothing_moved():
            verdicts = await self._gates()
            if problem := stopped_by(verdicts):
                return self._halted((*early, *verdicts), problem)
            bundle = await self._build()
            if exposed := said_exposed(bundle, self.wanted, self.run, self.world):
                verdicts = (*verdicts, exposed)
                if exposed.stops:
                    return self._halted((*early, *verdicts), keys_in_release(exposed))
            await houses_of(self.wanted.app, bundle, self.fleet, self.world)  # while nothing is tagged yet
        release = await self._release(bundle)
        asked, problem = await ask_last(self.wanted, release, self.fleet, self.world, override=self.order.override)
        if problem:
            return replace(self._halted((*asked, *verdicts), problem), release=release.id, version=release.version)
        deployed = await self._deploy(release, bundle)
        return self._ended(release, (*asked, *verdicts), deployed)

    async def _gates(self) -> tuple[Verdict, ...]:
        names = gates_of(self.wanted)
        verdicts = await run_steps(
            self.wanted.app,
            self.world,
            commit=self.commit,
            dirty=self.dirty,
            names=names,
            jobs=self.order.jobs,
            fail_fast=self.order.fail_fast,
            environment_secrets=self.wanted.settings.secrets,
            run=self.run,
            lenient=is_lenient(self.wanted),
        )
        return (*verdicts, *said_untested(self.wanted.app, names, self.run, self.world))

    async def _build(self) -> Bundle:
        """The one that was released, where the environment takes what is tagged and somebody released the commit."""
        self.world.reporter.began("build")
        takes = self.wanted.environment.tag and not self.dirty
        bundle = await released_bundle(self.wanted.app, self.commit, self.world) if takes else None
        if bundle is None:
            bundle, made = await build(self.wanted.app, self.world, commit=self.commit, dirty=self.dirty)
            self.world.ledger.append(*made)
        self.world.reporter.ended("build", ok=True, detail=bundle.digest[:19])
        return bundle

    async def _release(self, bundle: Bundle) -> Release:
        tag = self.wanted.environment.tag
        planned = await plan_release(self.wanted.app, self.world, self.commit, tag=tag, dirty=self.dirty)
        config = keep_app(self.wanted.app, self.world.store)
        await attest(
            self.wanted.app, release_of(planned, bundle, config), bundle, self.world
        )  # what fails tags nothing
        release, made = await make_release(planned, bundle, config, self.world)
        self.world.ledger.append(*made)
        self.world.reporter.ended("release", ok=True, detail=release.version)
        return release

    async def _deploy(self, release: Release, bundle: Bundle) -> Deployed:
        return await deploy(self.wanted, release, bundle, self.fleet, self.lease, self.world, verb="ship")

    def _halted(self, verdicts: tuple[Verdict, ...], problem: Problem) -> Shipped:
        return Shipped(
            outcome="halted",
            environment=self.wanted.environment.name,
            url=self.wanted.url,
            commit=self.commit,
            gates=verdicts,
            problem=problem,
        )

    def _ended(self, release: Release, verdicts: tuple[Verdict, ...], deployed: Deployed) -> Shipped:
        return Shipped(
            outcome=outcome_of(deployed, done="shipped"),
            environment=self.wanted.environment.name,
            url=self.wanted.url,
            commit=self.commit,
            release=release.id,
            version=release.version,
            gates=(*verdicts, *deployed.verdicts),
            timeline=deployed.timeline,
            answered=deployed.answered,
            problem=deployed.problem,
            off=self.wanted.app.off,
        )


@contextmanager
def nothing_moved() -> Iterator[None]:
    """An interrupt in here is a Problem that says so: elsewhere it can't be known what a host still does."""
    try:
        yield
    except asyncio.CancelledError:
        raise ProblemError(interrupted_before()) from None


async def serving_already(wanted: Wanted, commit: Commit, fleet: Fleet, world: World) -> Shipped | None:
    """The answer `unchanged`: this commit with this configuration serves, is healthy, and nothing is under way."""
    state = world.ledger.state()
    known_here = state.environments.get(wanted.environment.name)
    release = state.releases.get(known_here.serving) if known_here else None
    if release is None or release.commit != commit:
        return None
    last = next((one for one in known_here.deployments if one.outcome == "committed"), None) if known_here else None
    if release.config != keep_app(wanted.app, world.store):
        return None
    if last is None or last.release != release.id or last.settings != settings_digest(wanted, world.key):
        return None
    seen = await fleet.observe()
    services = {service.name for service in wanted.app.services if wanted.environment.services}
    if seen.lost or not all(_serves_well(one, release.id, services) for one in seen.hosts.values()):
        return None
    if not await _is_well(fleet, seen):
        return None
    return Shipped(
        outcome="unchanged",
        environment=wanted.environment.name,
        url=wanted.url,
        commit=commit,
        release=release.id,
        version=release.version,
        gates=tuple(filter(None, [untested(wanted.app, gates_of(wanted))])),
        off=wanted.app.off,
    )


def _serves_well(seen: Observed, release: str, services: AbstractSet[str]) -> bool:
    """With all that it needs, and nothing is under way there."""
    if services - {service.name for service in seen.services if service.state == "running"}:
        return False
    slot = seen.slot(seen.serving) if seen.serving else None
    if slot is None or slot.release != release or seen.open or seen.lease:
        return False
    return all(process.state == "running" for process in slot.processes)


async def _is_well(fleet: Fleet, seen: Seen) -> bool:
    """By its own health check, on every host: what is up may answer with errors all the same."""

    async def flaw(host: HostName) -> str:
        serving = seen.hosts[host].serving
        return await fleet.targets[host].flaw(serving) if serving else "nothing serves"

    found = await on_each(seen.hosts, flaw)
    return not found.failed and not any(found.done.values())
