"""A deployment that is still open: go on with it, promote it, or take it back."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import timedelta

from ecluse.loop.deploy.deploy import absent_hosts, carry_out
from ecluse.loop.deploy.fleet import Fleet, Seen, fleet_of
from ecluse.loop.deploy.lease import Lease, held
from ecluse.loop.deploy.plan import Planned, legs_left, plan_at
from ecluse.loop.deploy.problems import committed_in_part, hosts_missing, undecided, waits_for_person
from ecluse.loop.deploy.recall import Recalled, as_it_was, recall
from ecluse.loop.deploy.settle import known, told, unfinished, was_decided
from ecluse.loop.deploy.transaction import Deployed
from ecluse.loop.deploy.undo import undo
from ecluse.loop.deploy.wanted import Wanted
from ecluse.loop.each import on_each
from ecluse.loop.ship import Shipped, outcome_of
from ecluse.model.app import Environment
from ecluse.model.deployment import Deployment, Leg, Move, Place, leg_from_text
from ecluse.model.ids import DeploymentId, HostName
from ecluse.model.observed import Observed, OpenDeployment
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.ports.world import World

Opened = Mapping[HostName, OpenDeployment]
MADE_BY = {"run": Move.MIGRATE}
"""What the journal calls a move that has another name here."""


async def resume(wanted: Wanted, world: World, *, promote: bool, wait: timedelta | None = None) -> Shipped:
    """Go on with the open deployment from where it stands. With `promote` only with one that waits for a person;
    without, one that waits goes on waiting (D067). It goes without hosts that are down where a deploy would."""
    began = world.clock.monotonic()
    fleet = fleet_of(world, wanted.app, wanted.environment)
    async with held(fleet, wanted.environment.lease, world, wait) as lease:
        seen = await fleet.observe()
        deployment, opened = the_open_one(seen, wanted.environment)
        one = next(iter(opened.values()))
        if promote and not any(it.held for it in opened.values()):
            raise ProblemError(not_waiting(one, wanted.environment))
        if require_known(fleet, seen, deployment):
            behind = await finish_decided(fleet, lease, seen, deployment, wanted.environment, world)
            return _finished(wanted, one, behind, len(fleet.targets), world, world.clock.monotonic() - began)
        absent = absent_hosts(wanted.environment, lease, seen)
        seen, opened = _there(seen, absent), {host: it for host, it in opened.items() if host not in absent}
        if not opened:
            raise hosts_missing(absent)
        one = next(iter(opened.values()))
        if over := {**_absent(seen, opened), **gone_back(seen, deployment), **_going_back(opened)}:
            raise ProblemError(over_on_some(one, over, wanted.environment))
        if not promote and all(_waits(it) for it in opened.values()):
            raise waits_for_person(one, wanted.environment.name)
        if one.verb == "converge":
            raise ProblemError(converges(one, wanted.environment))
        recalled = _recalled(one, world)
        then = as_it_was(wanted, recalled)
        going_on = _going_on(one, then, seen, opened, promote=promote)
        left_out = {host: problem.what for host, problem in absent.items()}
        deployed = await carry_out(
            going_on, then, recalled.release, recalled.bundle, fleet.without(absent), lease, world, verb=one.verb,
            left_out=left_out,
        )  # fmt: skip
    return _ended(wanted, recalled, deployed, world.clock.monotonic() - began)


async def take_back(wanted: Wanted, world: World, wait: timedelta | None = None) -> OpenDeployment:
    """Undo the open deployment. ProblemError where a host could not be told, or had better not be. One that most hosts
    had decided is finished instead: D078."""
    environment = wanted.environment
    fleet = fleet_of(world, wanted.app, environment)
    async with held(fleet, environment.lease, world, wait) as lease:
        seen = await fleet.observe()
        deployment, opened = the_open_one(seen, environment)
        one = next(iter(opened.values()))
        if require_known(fleet, seen, deployment):
            behind = await finish_decided(fleet, lease, seen, deployment, environment, world)
            raise ProblemError(already_decided(one, behind, environment))
        places = tuple(Place(host=host, slot=it.slot, previous=it.previous) for host, it in opened.items())
        ended = await undo(fleet, lease, deployment, places, f"taken back by {world.actor}")
        world.ledger.append(*told(await fleet.observe(), known(world, environment.name)))
        problem = Problem(code="D070", what=f"deployment {deployment} was taken back", fix="", exit=Exit.REFUSED)
        whole = replace(ended, lost={**why_lost(seen), **ended.lost})
        if not whole.is_whole:
            raise ProblemError(whole.told(problem))
    return one


async def finish_decided(
    fleet: Fleet, lease: Lease, seen: Seen, deployment: DeploymentId, environment: Environment, world: World
) -> Mapping[HostName, str]:
    """What most hosts had decided is committed where it is still open, whatever it does there. The hosts that are
    behind, and why."""

    async def act(host: HostName) -> None:
        await fleet.targets[host].commit(lease.grant(), deployment, environment.warm)

    found = await on_each(unfinished(seen).get(deployment, {}), act)
    world.ledger.append(*told(await fleet.observe(), known(world, environment.name)))
    return {
        **why_lost(seen),
        **gone_back(seen, deployment),
        **{host: str(error) for host, error in found.failed.items()},
    }


def _there(seen: Seen, absent: Collection[HostName]) -> Seen:
    return Seen(hosts={host: look for host, look in seen.hosts.items() if host not in absent})


def why_lost(seen: Seen) -> Mapping[HostName, str]:
    return {host: problem.what for host, problem in seen.lost.items()}


def gone_back(seen: Seen, deployment: DeploymentId) -> Mapping[HostName, str]:
    """Where it ended without being committed, and why."""
    ended = {host: one for host, look in seen.hosts.items() for one in look.finished if one.id == deployment}
    return {host: one.why or one.outcome for host, one in ended.items() if one.outcome != "committed" or one.why}


def _absent(seen: Seen, opened: Opened) -> Mapping[HostName, str]:
    """What waits for a person had begun on every host that there was."""
    waits = any(one.held for one in opened.values())
    return {host: "it had not begun there" for host in seen.hosts if waits and host not in opened}


def _going_back(opened: Opened) -> Mapping[HostName, str]:
    """An undo that was begun is finished, by the host itself if by nobody else."""
    return {host: "it is being undone there" for host, it in opened.items() if it.last_move == "abort"}


def require_known(fleet: Fleet, seen: Seen, deployment: DeploymentId) -> bool:
    """Whether most hosts had decided it; ProblemError D065 when those that would tell can't be reached."""
    decision = was_decided(fleet, seen, deployment)
    if decision is None:
        raise undecided(deployment, seen.lost)
    return decision


def the_open_one(seen: Seen, environment: Environment) -> tuple[DeploymentId, Opened]:
    """ProblemError D071 when nothing is open on the hosts that can be reached."""
    found = unfinished(seen)
    if not found:
        raise ProblemError(
            Problem(
                code="D071", what=f"no deployment is open in '{environment.name}'", state="nothing was changed",
                evidence=tuple(f"{host}: {why}" for host, why in why_lost(seen).items()),
                fix="`ecluse history` shows what was deployed; `ecluse rollback` goes back from a committed release",
                exit=Exit.UNREACHABLE if seen.lost else Exit.REFUSED,
            )
        )  # fmt: skip
    return next(iter(found.items()))


def not_waiting(opened: OpenDeployment, environment: Environment) -> Problem:
    return Problem(
        code="D072", what=f"deployment {opened.id} of {opened.version} waits for nobody: it was left unfinished",
        state="nothing was changed", exit=Exit.REFUSED,
        fix=f"`ecluse resume {environment.name}` goes on with it, `ecluse undo {environment.name}` takes it back",
    )  # fmt: skip


def over_on_some(opened: OpenDeployment, over: Mapping[HostName, str], environment: Environment) -> Problem:
    return Problem(
        code="D076", what=f"deployment {opened.id} of {opened.version} isn't open on {', '.join(over)}",
        evidence=tuple(f"{host}: {why}" for host, why in over.items()),
        state="no order was given; on the others it stays open, or is undone because its deployer is gone",
        fix=f"`ecluse undo {environment.name}` takes it back there, then ship again", exit=Exit.REFUSED,
    )  # fmt: skip


def converges(opened: OpenDeployment, environment: Environment) -> Problem:
    return Problem(
        code="D077", what=f"deployment {opened.id} of {opened.version} only brought hosts along that were behind",
        state="no order was given; what it had begun is undone because its deployer is gone", exit=Exit.REFUSED,
        fix=f"`ecluse converge {environment.name}` does it again",
    )  # fmt: skip


def already_decided(opened: OpenDeployment, behind: Mapping[HostName, str], environment: Environment) -> Problem:
    return Problem(
        code="D078", what=f"deployment {opened.id} of {opened.version} was decided, so it is finished, not taken back",
        evidence=tuple(f"{host} did not follow: {why}" for host, why in behind.items()),
        state=f"{opened.version} serves" + (", not on all hosts yet" if behind else ""),
        fix=f"`ecluse rollback {environment.name}` goes back to the release before", exit=Exit.REFUSED,
    )  # fmt: skip


def _waits(opened: OpenDeployment) -> bool:
    """Nothing was done since it was put on hold: nobody has promoted it."""
    return opened.held is not None and opened.last_move == Move.HOLD


def _going_on(one: OpenDeployment, then: Wanted, seen: Seen, opened: Opened, *, promote: bool) -> Deployment:
    """A host on which it had not begun is taken along from its beginning."""
    planned = _planned(one, then, seen, opened, promote=promote)
    legs = (Leg(move=Move.BEGIN), *legs_left(planned.legs, _made(seen, opened)))
    return Deployment(id=one.id, release=one.release, places=planned.places, legs=legs, made=legs[:1])


def _place(host: HostName, opened: OpenDeployment | None, look: Observed) -> Place:
    if opened is None:
        return Place(host=host, slot=look.free, previous=look.serving)
    return Place(host=host, slot=opened.slot, previous=opened.previous)


def _planned(one: OpenDeployment, then: Wanted, seen: Seen, opened: Opened, *, promote: bool) -> Planned:
    """As the journal says, where it waits for a person; else the whole plan of what was asked for.

    Where some hosts were put on hold and nothing came of it yet, the others are too.
    """
    places = tuple(_place(host, opened.get(host), look) for host, look in seen.hosts.items())
    for it in opened.values():
        if it.held is not None:
            is_promoted = promote or any(it.held and not _waits(it) for it in opened.values())
            waiting = () if is_promoted else (Leg(move=Move.HOLD),)
            return Planned(places=places, legs=(*waiting, *(leg_from_text(text) for text in it.held.left)))
    back = one.verb == "rollback"
    migrates = bool(then.app.migrate) and not back
    return plan_at(places, seen.hosts, one.release, then.environment, migrates=migrates, back=back)


def _made(seen: Seen, opened: Opened) -> Mapping[HostName, frozenset[Move]]:
    """By host: on one it may have got further than on another."""
    made = {host: it.made for host, it in opened.items()}
    return {
        host: frozenset(MADE_BY.get(move) or Move(move) for move in made.get(host, ()) if move in KNOWN)
        for host in seen.hosts
    }


KNOWN = frozenset({"begin", "run", "start", "halt"})
"""Moves that a journal records under a name of ours, or of MADE_BY, and that aren't made twice."""


def _recalled(opened: OpenDeployment, world: World) -> Recalled:
    kept = world.ledger.state().releases.get(opened.release)
    if kept is None:
        raise ProblemError(
            Problem(
                code="D073", what=f"release {opened.version} isn't in the ledger here, so it can't be gone on with",
                state="nothing was changed", fix="`ecluse undo` takes it back without knowing it", exit=Exit.REFUSED,
            )
        )  # fmt: skip
    return recall(kept, world.store)


def _ended(wanted: Wanted, recalled: Recalled, deployed: Deployed, seconds: float) -> Shipped:
    return Shipped(
        outcome=outcome_of(deployed, done="deployed"),
        environment=wanted.environment.name,
        url=wanted.url,
        commit=recalled.release.commit,
        release=recalled.release.id,
        version=recalled.release.version,
        seconds=seconds,
        gates=deployed.verdicts,
        timeline=deployed.timeline,
        answered=deployed.answered,
        problem=deployed.problem,
        off=wanted.app.off,
    )


def _finished(
    wanted: Wanted, one: OpenDeployment, behind: Mapping[HostName, str], count: int, world: World, seconds: float
) -> Shipped:
    """Nothing of the release itself is needed to commit it, so it may be unknown here."""
    kept = world.ledger.state().releases.get(one.release)
    return Shipped(
        outcome="mixed" if behind else "deployed",
        environment=wanted.environment.name,
        url=wanted.url,
        commit=kept.commit if kept else "",
        release=one.release,
        version=one.version,
        seconds=seconds,
        problem=committed_in_part(one.version, behind, count) if behind else None,
    )
