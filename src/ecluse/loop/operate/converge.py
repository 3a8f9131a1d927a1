"""Bring hosts that missed something to what was decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ecluse.loop.deploy.deploy import carry_out
from ecluse.loop.deploy.fleet import Fleet, Seen, fleet_of
from ecluse.loop.deploy.lease import held
from ecluse.loop.deploy.plan import ENDING, RUN
from ecluse.loop.deploy.recall import as_it_was, recall
from ecluse.loop.deploy.settle import known, settle
from ecluse.loop.deploy.wanted import Wanted
from ecluse.model import events
from ecluse.model.deployment import Deployment, Leg, Move, Place
from ecluse.model.ids import DeploymentId, HostName
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.ports.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Converged:
    """`release` serves on all hosts but those that are `lost`. `brought` are those that did not serve it before."""

    release: str
    version: str
    brought: tuple[HostName, ...]
    lost: Mapping[HostName, str]


async def converge(wanted: Wanted, world: World) -> Converged:
    """Safe to repeat. What was decided is what most hosts committed; where hosts and ledger disagree, hosts are right.

    A host is brought there as by a deploy of its own: staged, started, asked for its health, shifted.
    """
    fleet = fleet_of(world, wanted.app, wanted.environment)
    async with held(fleet, wanted.environment.lease, world) as lease:
        seen = await settle(fleet, lease, wanted.environment, world)
        release = decided_release(seen, known(world, wanted.environment.name).serving)
        kept = world.ledger.state().releases.get(release)
        if kept is None:
            raise ProblemError(nothing_decided(wanted.environment.name))
        recalled = recall(kept, world.store)
        behind = tuple(host for host, serves in seen.releases.items() if serves != release)
        if behind:
            places = tuple(
                Place(host=host, slot=seen.hosts[host].free, previous=seen.hosts[host].serving) for host in behind
            )
            deployment = Deployment(
                id=DeploymentId(world.ids.new("d")), release=recalled.release.id, places=places, legs=LEGS
            )
            part = Fleet({host: fleet.targets[host] for host in behind})
            then = as_it_was(wanted, recalled)
            deployed = await carry_out(
                deployment, then, recalled.release, recalled.bundle, part, lease, world, verb="converge"
            )
            if deployed.problem is not None:
                raise ProblemError(deployed.problem)
            for host in behind:
                world.ledger.append(
                    events.HostEnded(
                        deployment=deployed.id, host=host, outcome="converged", environment=wanted.environment.name
                    )
                )
    lost = {host: problem.what for host, problem in {**lease.lost, **seen.lost}.items()}
    return Converged(release=release, version=kept.version, brought=behind, lost=lost)


LEGS = (Leg(move=Move.STAGE), Leg(move=Move.BEGIN), *RUN, Leg(move=Move.SHIFT), *ENDING)


def decided_release(seen: Seen, remembered: str) -> str:
    """What the ledger remembers if a host serves it, else what most hosts serve."""
    return remembered if remembered in seen.releases.values() and remembered else seen.serving


def nothing_decided(environment: str) -> Problem:
    return Problem(
        code="D074", what=f"nothing that is known here serves in '{environment}', so there is nothing to converge to",
        state="nothing was changed", fix="`ecluse status` shows each host; `ecluse ship` ships a commit to all of them",
        exit=Exit.REFUSED,
    )  # fmt: skip
