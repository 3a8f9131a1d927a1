"""Bring hosts that missed something to what was decided."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from ecluse.loop.deploy.balancing import put_back
from ecluse.loop.deploy.deploy import carry_out
from ecluse.loop.deploy.fleet import Fleet, Seen, fleet_of
from ecluse.loop.deploy.lease import held
from ecluse.loop.deploy.plan import ENDING, RUN
from ecluse.loop.deploy.recall import as_it_was, recall
from ecluse.loop.deploy.remember import remember
from ecluse.loop.deploy.settle import settle
from ecluse.loop.deploy.wanted import Wanted
from ecluse.loop.operate.revive import revive
from ecluse.model.deployment import Deployment, Leg, Move, Place
from ecluse.model.events.deployments import HostEnded
from ecluse.model.ids import DeploymentId, HostName
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.model.values import frozen
from ecluse.ports.world import World


@frozen
class Converged:
    """`release` serves on all hosts but those that are `lost`. `brought` are those that did not serve it before,
    `revived` those that only wanted their secrets."""

    release: str
    version: str
    brought: tuple[HostName, ...]
    revived: tuple[HostName, ...]
    lost: Mapping[HostName, str]


async def converge(wanted: Wanted, world: World, wait: timedelta | None = None) -> Converged:
    """Safe to repeat. What was decided is what most of all hosts serve; the ledger only says what that is made of.

    A host is brought there as by a deploy of its own: staged, started, asked for its health, shifted. One that was
    started anew and wants its secrets is given those of now, in the slot that it has.
    """
    fleet = fleet_of(world, wanted.app, wanted.environment)
    async with held(fleet, wanted.environment.lease, world, wait) as lease:
        seen = await settle(fleet, lease, wanted.environment, world)
        release = decided_release(fleet, seen, wanted.environment.name)
        kept = world.ledger.state().releases.get(release)
        if kept is None:
            raise ProblemError(nothing_decided(wanted.environment.name))
        recalled = recall(kept, world.store)
        then = as_it_was(wanted, recalled)
        if revived := await revive(fleet, lease, seen, then, recalled, world):
            await put_back(fleet, lease)  # those of them that a deployment had drained
        behind = tuple(host for host, serves in seen.releases.items() if serves != release)
        if behind:
            places = tuple(
                Place(host=host, slot=seen.hosts[host].free, previous=seen.hosts[host].serving) for host in behind
            )
            deployment = Deployment(
                id=DeploymentId(world.ids.new("d")), release=recalled.release.id, places=places, legs=LEGS
            )
            part = Fleet({host: fleet.targets[host] for host in behind})
            deployed = await carry_out(
                deployment, then, recalled.release, recalled.bundle, part, lease, world, verb="converge"
            )
            if deployed.problem is not None:
                raise ProblemError(deployed.problem)
            remember(
                world,
                *(
                    HostEnded(
                        deployment=deployed.id, host=host, outcome="converged", environment=wanted.environment.name
                    )
                    for host in behind
                ),
            )
    lost = {host: problem.what for host, problem in {**lease.lost, **seen.lost}.items()}
    return Converged(release=release, version=kept.version, brought=behind, revived=revived, lost=lost)


LEGS = (Leg(move=Move.STAGE), Leg(move=Move.BEGIN), *RUN, Leg(move=Move.SHIFT), *ENDING)


def decided_release(fleet: Fleet, seen: Seen, environment: str) -> str:
    """What most of all hosts serve, or all that serve anything when every host was seen; empty when nothing serves.
    ProblemError D075 where the hosts that can't be reached could make it another, or where there is no such release."""
    serving = [release for release in seen.releases.values() if release]
    if serving.count(seen.serving) >= fleet.majority or (not seen.lost and len(set(serving)) < 2):  # noqa: PLR2004
        return seen.serving
    raise ProblemError(not_known(seen, environment))


def not_known(seen: Seen, environment: str) -> Problem:
    """Going by fewer than most could take a host back from what was decided."""
    serve = {host: one.slot(one.serving).version if one.serving else "nothing" for host, one in seen.hosts.items()}
    back = f"bring {', '.join(seen.lost)} back, then converge again; or " if seen.lost else ""
    return Problem(
        code="D075", what=f"no release serves on most hosts of '{environment}', so what was decided isn't known",
        evidence=(*(f"{host}: serves {version}" for host, version in serve.items()),
                  *(f"{host}: {problem.what}" for host, problem in seen.lost.items())),
        state="nothing was changed; each host serves what it served",
        fix=f"{back}say which it is: `ecluse deploy {environment} --release VERSION` brings every host to it",
        exit=Exit.UNREACHABLE if seen.lost else Exit.NEEDS_PERSON,
    )  # fmt: skip


def nothing_decided(environment: str) -> Problem:
    return Problem(
        code="D074", what=f"nothing that is known here serves in '{environment}', so there is nothing to converge to",
        state="nothing was changed", fix="`ecluse status` shows each host; `ecluse ship` ships a commit to all of them",
        exit=Exit.REFUSED,
    )  # fmt: skip
