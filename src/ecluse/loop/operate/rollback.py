"""Back to the release before: at once while it is warm, else from what is staged."""

from __future__ import annotations

from datetime import timedelta

from ecluse.loop.deploy.existing import deploy_existing
from ecluse.loop.deploy.fleet import Seen, fleet_of
from ecluse.loop.deploy.plan import is_warm
from ecluse.loop.deploy.recall import release_of
from ecluse.loop.deploy.schema.crossing import crossing
from ecluse.loop.deploy.settle import known
from ecluse.loop.deploy.wanted import Wanted
from ecluse.loop.ship import Shipped
from ecluse.model.history import ReleaseKnown, State
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.model.verdict import Verdict
from ecluse.ports.world import World


async def rollback(wanted: Wanted, world: World, wait: timedelta | None = None, *, override: str = "") -> Shipped:
    """Serve the release before. It is asked for its health first; unhealthy, no traffic moves (exit 3).

    Refused (D080) where a migration took the data past it, unless a person says why not: `override`.
    """

    def before(seen: Seen, state: State) -> ReleaseKnown:
        return _before(seen, state, wanted.environment.name)

    return await deploy_existing(wanted, before, world, verb="rollback", wait=wait, override=override)


async def would_go_to(wanted: Wanted, world: World) -> tuple[ReleaseKnown, tuple[Verdict, ...]]:
    """The release, and what the schema says to it. Reads only."""
    seen, name = await fleet_of(world, wanted.app, wanted.environment).observe(), wanted.environment.name
    found = _before(seen, world.ledger.state(), name)
    said = crossing(release_of(found), known(world, name), world.store)
    return found, (said,) if said else ()


def _before(seen: Seen, state: State, environment: str) -> ReleaseKnown:
    found = state.releases.get(release_before(seen, state, environment))
    if found is None:
        raise ProblemError(nowhere_to_go(environment))
    return found


def release_before(seen: Seen, state: State, environment: str) -> str:
    """What the other slot keeps warm, if anything; else what the ledger remembers."""
    warm = [one.slot(one.serving.other) for one in seen.hosts.values() if one.serving]
    found = {slot.release for slot in warm if slot.release and is_warm(slot)}
    if len(found) == 1 and len(warm) == len(seen.hosts):
        return found.pop()
    known_here = state.environments.get(environment)
    return known_here.previous if known_here else ""


def nowhere_to_go(environment: str) -> Problem:
    return Problem(
        code="D030",
        what=f"there is no release before the one that serves in '{environment}'",
        state="nothing moved",
        fix="`ecluse history` shows what was deployed; `ecluse ship --commit REV` ships the commit you want",
        exit=Exit.REFUSED,
    )
