"""Back to the release before: at once while it is warm, else from what is staged."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from ecluse.loop.deploy.existing import deploy_existing
from ecluse.loop.deploy.fleet import Fleet, Seen, fleet_of
from ecluse.loop.deploy.plan import is_warm
from ecluse.loop.deploy.recall import release_of
from ecluse.loop.deploy.schema.crossing import crossing
from ecluse.loop.deploy.settle import known, unfinished, was_decided
from ecluse.loop.deploy.wanted import Wanted
from ecluse.loop.operate.unfinished import take_back
from ecluse.loop.ship import Shipped
from ecluse.model.history import ReleaseKnown, State
from ecluse.model.ids import ReleaseId
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.model.verdict import Verdict
from ecluse.ports.world import World

NOTHING_OPEN = "D071"


async def rollback(wanted: Wanted, world: World, wait: timedelta | None = None, *, override: str = "") -> Shipped:
    """Serve the release before. It is asked for its health first; unhealthy, no traffic moves (exit 3). A deployment
    that was left unfinished is taken back instead.

    Refused (D080) where a migration took the data past it, unless a person says why not: `override`.
    """

    began, fleet = world.clock.monotonic(), fleet_of(world, wanted.app, wanted.environment)
    if await _undone(wanted, fleet, world, wait):
        seen = await fleet.observe()
        world.reporter.note("the deployment that was left unfinished is taken back; once more goes back further")
        return _as_rolled_back(wanted, seen, world.ledger.state(), world.clock.monotonic() - began)

    def before(seen: Seen, state: State) -> ReleaseKnown:
        return _before(seen, state, wanted.environment.name)

    return await deploy_existing(wanted, before, world, verb="rollback", wait=wait, override=override)


def with_way_back(shipped: Shipped, world: World) -> Shipped:
    """While it waits for a person there is none, but `undo`. A ledger that can't be asked any more names none."""
    if shipped.outcome == "waiting":
        return shipped
    with suppress(ProblemError):
        state, here = world.ledger.state(), known(world, shipped.environment)
        if before := state.releases.get(ReleaseId(here.previous)):
            said = crossing(release_of(before), here, world.store)
            return replace(shipped, leads_back=not (said and said.stops))
    return shipped


async def _undone(wanted: Wanted, fleet: Fleet, world: World, wait: timedelta | None) -> bool:
    """Whether something was open that nobody finishes: to take it back is to go back, and all that was asked for. Its
    keepers may have done so by then; or its deployer lived, and has committed it while we waited."""
    before = takes_back(fleet, await fleet.observe())
    if not before:
        return False
    try:
        await take_back(wanted, world, wait)
    except ProblemError as error:
        if error.problems[0].code != NOTHING_OPEN:
            raise
    return (await fleet.observe()).serving == before


def takes_back(fleet: Fleet, seen: Seen) -> str:
    """The release that serves once what is open is undone; empty when nothing is, when it waits for a person, or when
    nothing served before. What most hosts decided, or may have, is no matter of going back."""
    for deployment, opened in unfinished(seen).items():
        if any(one.held for one in opened.values()) or was_decided(fleet, seen, deployment) is not False:
            return ""
        for host, one in opened.items():
            if one.previous:
                return seen.hosts[host].slot(one.previous).release or ""
    return ""


def _as_rolled_back(wanted: Wanted, seen: Seen, state: State, seconds: float) -> Shipped:
    """To what serves, which the hosts can name where it isn't known here."""
    now = state.releases.get(ReleaseId(seen.serving))
    return Shipped(
        outcome="rolled_back",
        environment=wanted.environment.name,
        url=wanted.url,
        commit=now.commit if now else "",
        release=seen.serving,
        version=now.version if now else _version_on(seen, seen.serving),
        seconds=seconds,
    )


async def would_go_to(wanted: Wanted, world: World) -> tuple[ReleaseKnown, tuple[Verdict, ...]]:
    """The release, and what the schema says to it. Reads only."""
    fleet, name = fleet_of(world, wanted.app, wanted.environment), wanted.environment.name
    seen = await fleet.observe()
    if undone := world.ledger.state().releases.get(ReleaseId(takes_back(fleet, seen))):
        return undone, ()
    found = _before(seen, world.ledger.state(), name)
    said = crossing(release_of(found), known(world, name), world.store)
    return found, (said,) if said else ()


def _before(seen: Seen, state: State, environment: str) -> ReleaseKnown:
    before = release_before(seen, state, environment)
    if found := state.releases.get(ReleaseId(before)):
        return found
    version = _version_on(seen, before)
    raise ProblemError(not_known_here(version) if version else nowhere_to_go(environment))


def _version_on(seen: Seen, release: str) -> str:
    """By a host that has it in a slot."""
    slots = (slot for one in seen.hosts.values() for slot in one.slots)
    return next((slot.version for slot in slots if slot.version and slot.release == release), "")


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


def not_known_here(version: str) -> Problem:
    """As where the ledger was lost, or is another machine's: how it is asked for its health isn't known either."""
    commit = version.partition("+g")[2].partition(".")[0] or "REV"
    return Problem(
        code="D038",
        what=f"release {version}, which is still on the host, isn't in the ledger here, so it can't be gone back to",
        state="nothing moved",
        fix=f"`ecluse ship --commit {commit}` ships its commit again; or roll back where it was deployed from",
        exit=Exit.REFUSED,
    )
