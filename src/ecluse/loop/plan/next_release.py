"""What would be in the next release, and where its tickets stand."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from ecluse.loop.deploy.fleet import fleet_of
from ecluse.loop.release.make import plan_release
from ecluse.loop.tickets.mentions import Mention, belonging
from ecluse.loop.tickets.naming import served, since_last_tag
from ecluse.loop.tickets.problems import gathered, too_slow
from ecluse.model.app import App, Environment
from ecluse.model.history import ReleaseKnown
from ecluse.model.ids import Commit
from ecluse.model.problem import Problem, ProblemError
from ecluse.model.ticket import Ticket
from ecluse.model.tracker import Tickets
from ecluse.model.values import frozen
from ecluse.ports.source import Change
from ecluse.ports.tracker import Tracker
from ecluse.ports.world import World

OF_ONE_TICKET = frozenset({"T004", "T005", "T009", "T014"})
"""What says nothing of the others."""
AT_ONCE = 4
PATIENCE = 20.0
"""Seconds for all tickets together."""


@frozen
class Planned:
    """A ticket of the next release. `ticket` None: where it stands isn't known, `why` says so."""

    key: str
    mentions: tuple[Mention, ...]
    ticket: Ticket | None = None
    why: str = ""


@frozen
class NextRelease:
    """`since` is the version from which on commits are counted, with its commit; both empty for all of them.
    `environment`: since what serves there. `without`: commits that belong to no ticket. `problems`: why where tickets
    stand is not known."""

    version: str
    tag: str
    commit: Commit
    is_tagged: bool
    environment: str
    since: str
    since_commit: str
    changes: tuple[Change, ...]
    tickets: tuple[Planned, ...]
    without: tuple[Change, ...]
    has_tracker: bool
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()


@frozen
class Since:
    """The commits that are counted, and from which version on."""

    changes: tuple[Change, ...]
    version: str
    commit: str
    notes: tuple[str, ...] = ()


async def next_release(app: App, environment: Environment | None, commit: Commit, world: World) -> NextRelease:
    """Reads only. A tracker that is down, or a target, is said and stops nothing."""
    planned = await plan_release(app, world, commit, tag=True, dirty=False)
    tags = await world.source.tags(commit, app.release.tag_prefix)
    is_tagged = any(tag.commit == commit and tag.name == planned.tag for tag in tags)
    since = await _since_served(app, environment, commit, world) if environment else None
    if since is None or not since.version:
        notes = since.notes if since else ()
        last = planned.version if is_tagged and not environment else planned.previous
        changes = () if is_tagged and not environment else await since_last_tag(app, commit, world)
        at = next((tag.commit for tag in tags if last and tag.name == f"{app.release.tag_prefix}{last}"), "")
        since = Since(changes=changes, version=last, commit=at, notes=notes)
    planned_tickets, without, problems = await _tickets(app.tickets, since.changes, commit, world)
    return NextRelease(
        version=planned.version,
        tag=planned.tag,
        commit=commit,
        is_tagged=is_tagged,
        environment=environment.name if environment else "",
        since=since.version,
        since_commit=since.commit,
        changes=since.changes,
        tickets=planned_tickets,
        without=without,
        has_tracker=app.tickets is not None,
        problems=problems,
        notes=since.notes,
    )


async def _since_served(app: App, environment: Environment, commit: Commit, world: World) -> Since:
    """What serves there: the target says it, else the ledger. Without a version where nothing does."""
    before, notes = await _before(app, environment, world)
    if before is None:
        return Since(changes=(), version="", commit="", notes=notes)
    changes = await world.source.changes(Commit(before.commit), commit)
    return Since(changes=changes, version=before.version, commit=before.commit, notes=notes)


async def _before(app: App, environment: Environment, world: World) -> tuple[ReleaseKnown | None, tuple[str, ...]]:
    name = environment.name
    try:
        seen = await fleet_of(world, app, environment).observe()
    except ProblemError as error:
        state = world.ledger.state()
        there = state.environments.get(name)
        known = state.releases.get(there.serving) if there else None
        return known, (f"{name} can't be asked ({error}): going by the ledger",)
    try:
        found = await served(seen, app, world)
    except ProblemError as error:
        return None, (f"what serves in {name} isn't known here ({error}): counted from the last tag",)
    return found, () if found else (f"nothing serves in {name}: counted from the last tag",)


Told = tuple[tuple[Planned, ...], tuple[Change, ...], tuple[Problem, ...]]


async def _tickets(tickets: Tickets | None, changes: tuple[Change, ...], commit: Commit, world: World) -> Told:
    """The tickets, the commits without one, and why where they stand isn't known."""
    if tickets is None:
        return (), tuple(change for change in changes if len(change.parents) <= 1), ()
    belongs = belonging(changes, await world.source.branches(commit) if changes else (), tickets)
    named = belongs.by_key()
    stands, problems = await _standing(tickets, tuple(named), world)
    planned = tuple(
        Planned(key=key, mentions=mentions, ticket=_ticket(stands, key), why=_why(stands, key))
        for key, mentions in named.items()
    )
    return planned, belongs.without, problems


Stands = Mapping[str, Ticket | Problem]


async def _standing(tickets: Tickets, keys: Sequence[str], world: World) -> tuple[Stands, tuple[Problem, ...]]:
    """By key. Once the tracker itself fails it isn't asked further."""
    if not keys:
        return {}, ()
    try:
        tracker = world.tracker(tickets)
    except ProblemError as error:
        return dict.fromkeys(keys, error.problems[0]), error.problems
    found: dict[str, Ticket | Problem] = {}
    try:
        async with asyncio.timeout(PATIENCE):
            await Questions(tracker).ask(keys, found)
    except TimeoutError:
        late = too_slow(PATIENCE)
        return {key: found.get(key, late) for key in keys}, (late,)
    finally:
        await tracker.close()
    troubles = [(key, one) for key in keys if isinstance(one := found[key], Problem)]
    return found, gathered(troubles)


class Questions:
    """A few tickets at a time."""

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker
        self._failed: Problem | None = None

    async def ask(self, keys: Sequence[str], found: dict[str, Ticket | Problem]) -> None:
        for start in range(0, len(keys), AT_ONCE):
            some = keys[start : start + AT_ONCE]
            if self._failed:
                found |= dict.fromkeys(some, self._failed)
                continue
            for key, answer in zip(some, await asyncio.gather(*map(self._look, some)), strict=True):
                found[key] = answer
                if isinstance(answer, Problem) and answer.code not in OF_ONE_TICKET:
                    self._failed = answer

    async def _look(self, key: str) -> Ticket | Problem:
        try:
            return await self._tracker.look(key)
        except ProblemError as error:
            return error.problems[0]


def _ticket(stands: Stands, key: str) -> Ticket | None:
    found = stands.get(key)
    return found if isinstance(found, Ticket) else None


def _why(stands: Stands, key: str) -> str:
    found = stands.get(key)
    return found.what if isinstance(found, Problem) else ""
