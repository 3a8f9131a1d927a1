"""Back to the release before: at once while it is warm, else from what is staged."""

from __future__ import annotations

from ecluse.loop.deploy.existing import deploy_existing
from ecluse.loop.deploy.plan import is_warm
from ecluse.loop.deploy.wanted import Wanted
from ecluse.loop.ship import Shipped
from ecluse.model.history import ReleaseKnown, State
from ecluse.model.observed import Observed
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.ports.world import World


async def rollback(wanted: Wanted, world: World) -> Shipped:
    """Serve the release before. It is asked for its health first; unhealthy, no traffic moves (exit 3)."""

    def before(seen: Observed, state: State) -> ReleaseKnown:
        return _before(seen, state, wanted.environment.name)

    return await deploy_existing(wanted, before, world, verb="rollback")


async def would_go_to(wanted: Wanted, world: World) -> ReleaseKnown:
    """Reads only."""
    seen = await world.target(wanted.app, wanted.environment).observe()
    return _before(seen, world.ledger.state(), wanted.environment.name)


def _before(seen: Observed, state: State, environment: str) -> ReleaseKnown:
    found = state.releases.get(release_before(seen, state, environment))
    if found is None:
        raise ProblemError(nowhere_to_go(environment))
    return found


def release_before(seen: Observed, state: State, environment: str) -> str:
    """What the other slot keeps warm, if anything; else what the ledger remembers."""
    if seen.serving is not None:
        other = seen.slot(seen.serving.other)
        if other.release is not None and is_warm(other):
            return other.release
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
