"""Whoever comes next finishes: what an earlier deployer left open is undone, or committed if that was decided; what the
targets did alone is recorded."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from ecluse.loop.deploy.balancing import put_back
from ecluse.loop.deploy.fleet import Fleet, Seen
from ecluse.loop.deploy.lease import Lease
from ecluse.loop.deploy.problems import at_host, needs_person, undecided, waits_for_person
from ecluse.loop.deploy.undo import undo
from ecluse.loop.each import on_each
from ecluse.model.app import Environment
from ecluse.model.deployment import Place
from ecluse.model.events.deployments import DeploymentCommitted, DeploymentReverted, DeploymentStuck
from ecluse.model.events.environments import DifferenceSeen
from ecluse.model.events.event import Event
from ecluse.model.history import DeploymentKnown, EnvironmentKnown
from ecluse.model.ids import DeploymentId, HostName
from ecluse.model.observed import Finished, OpenDeployment
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.ports.target import Upgrades
from ecluse.ports.world import World


async def settle(fleet: Fleet, lease: Lease, environment: Environment, world: World) -> Seen:
    """End open deployments of somebody who is gone (the lease is ours now), import what the targets ended by
    themselves, and look again. Host processes of another version are replaced by ours first.

    One that waits for a person is left alone: ProblemError D067.
    """
    seen = await fleet.observe()
    found = unfinished(seen)
    for opened in found.values():
        if one := next((one for one in opened.values() if one.held), None):
            raise waits_for_person(one, environment.name)
    for deployment, opened in found.items():
        await finish(fleet, lease, seen, deployment, opened, environment, world)
    await _upgrade(fleet, lease)
    for host, why in (await put_back(fleet, lease)).items():
        world.reporter.note(f"! the balancer still gives {host} no requests: {why}")
    seen = await fleet.observe()
    world.ledger.append(*told(seen, known(world, environment.name)))
    return seen


def unfinished(seen: Seen) -> Mapping[DeploymentId, Mapping[HostName, OpenDeployment]]:
    """What is open, and where."""
    found: dict[DeploymentId, dict[HostName, OpenDeployment]] = {}
    for host, one in seen.hosts.items():
        if one.open is not None:
            found.setdefault(one.open.id, {})[host] = one.open
    return found


async def finish(
    fleet: Fleet,
    lease: Lease,
    seen: Seen,
    deployment: DeploymentId,
    opened: Mapping[HostName, OpenDeployment],
    environment: Environment,
    world: World,
) -> None:
    """Commit it if that was decided, else undo it. ProblemError when it can't be known, or not be done."""
    one = next(iter(opened.values()))
    decision = was_decided(fleet, seen, deployment)
    if decision is None:
        raise undecided(deployment, seen.lost)
    if decision:
        world.reporter.note(f"finishing deployment {deployment} of {one.version}: it was decided")
        await commit_on(fleet, lease, deployment, tuple(opened), environment.warm)
        return
    world.reporter.note(f"undoing deployment {deployment} of {one.version}, left at `{one.last_move}`")
    places = tuple(Place(host=host, slot=it.slot, previous=it.previous) for host, it in opened.items())
    ended = await undo(fleet, lease, deployment, places, "its deployer is gone")
    problem = Problem(
        code="D068", what=f"deployment {deployment} of {one.version} was left unfinished",
        state="", fix="", exit=Exit.REFUSED,
    )  # fmt: skip
    if ended.lost or ended.over:
        raise ProblemError(ended.told(problem))
    if ended.kept:
        world.reporter.note(f"! {needs_person(problem, ended.kept).what}")


def was_decided(fleet: Fleet, seen: Seen, deployment: DeploymentId) -> bool | None:
    """Whether most hosts have, or had, the decision to commit; None when those that can't be reached would tell.

    A host that committed proves it: commits are ordered only once most hosts have the decision.
    """
    if any(_has_committed(one.finished, deployment) for one in seen.hosts.values()):
        return True
    have = sum(bool(one.open and one.open.id == deployment and one.open.decided) for one in seen.hosts.values())
    if have >= fleet.majority:
        return True
    return None if have and have + len(seen.lost) >= fleet.majority else False


def _has_committed(finished: tuple[Finished, ...], deployment: str) -> bool:
    """One that was kept because its predecessor was ill was never decided."""
    return any(one.id == deployment and one.outcome == "committed" and not one.why for one in finished)


async def commit_on(
    fleet: Fleet, lease: Lease, deployment: DeploymentId, hosts: tuple[HostName, ...], warm: timedelta
) -> None:
    """The rest of a decided deployment; each host's Problem is raised."""

    async def act(host: HostName) -> None:
        await fleet.targets[host].commit(lease.grant(), deployment, warm)

    found = await on_each(hosts, act)
    for host, error in found.failed.items():
        raise _named(fleet, host, error)


def _named(fleet: Fleet, host: HostName, error: ProblemError) -> ProblemError:
    """Which host it was, where there are several."""
    return error if fleet.is_single else ProblemError(*(at_host(host, problem) for problem in error.problems))


async def _upgrade(fleet: Fleet, lease: Lease) -> None:
    """A host that can't be reached is upgraded when it is."""

    async def act(host: HostName) -> None:
        target = fleet.targets[host]
        if isinstance(target, Upgrades):
            await target.upgrade(lease.grant())

    found = await on_each([host for host in fleet.targets if host not in lease.lost], act)
    for host, error in found.failed.items():
        if error.exit is not Exit.UNREACHABLE:
            raise _named(fleet, host, error)


def known(world: World, environment: str) -> EnvironmentKnown:
    return world.ledger.state().environments.get(environment) or EnvironmentKnown(name=environment)


def told(seen: Seen, before: EnvironmentKnown) -> tuple[Event, ...]:
    """What the targets know and the ledger doesn't, as events. Pure; told twice, the second time is empty once
    the first is recorded."""
    ends = tuple(
        _end(deployment, outcome, why, seen)
        for deployment in before.deployments
        if deployment.outcome == "open" and not _is_open(seen, deployment.id)
        for outcome, why in _outcome(seen, deployment.id)
    )
    differs = seen.serving != before.serving and not ends and not unfinished(seen) and not seen.lost
    difference = DifferenceSeen(environment=before.name, expected=before.serving, found=seen.serving)
    return (*ends, difference) if differs else ends


def _is_open(seen: Seen, deployment: str) -> bool:
    return any(one.open is not None and one.open.id == deployment for one in seen.hosts.values())


def _outcome(seen: Seen, deployment: str) -> tuple[tuple[str, str], ...]:
    """How it ended, once: one host that committed decides, because that is only done when most are to. Another end is
    the fleet's only when no host is left that could have committed."""
    found = [one for host in seen.hosts.values() for one in host.finished if one.id == deployment]
    if any(_has_committed(host.finished, deployment) for host in seen.hosts.values()):
        return (("committed", ""),)
    best = next((one for one in found if one.outcome == "committed"), found[0] if found else None)
    return ((best.outcome, best.why),) if best and not seen.lost else ()


def _end(deployment: DeploymentKnown, outcome: str, why: str, seen: Seen) -> Event:
    if outcome == "committed" and why:
        return DeploymentStuck(
            environment=deployment.environment, deployment=deployment.id, release=deployment.release,
            version=deployment.version, why=why, serving=seen.serving,
        )  # fmt: skip
    if outcome == "committed":
        return DeploymentCommitted(
            environment=deployment.environment, deployment=deployment.id, release=deployment.release,
            version=deployment.version, slot=deployment.slot, verb=deployment.verb,
        )  # fmt: skip
    return DeploymentReverted(
        environment=deployment.environment, deployment=deployment.id, release=deployment.release,
        version=deployment.version, why=why, serving=seen.serving,
    )  # fmt: skip
