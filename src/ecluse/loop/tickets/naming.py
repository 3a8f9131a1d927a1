"""Which tickets are to be told of a release and of a deployment: written down before it happens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ecluse.loop.deploy.fleet import Seen
from ecluse.loop.deploy.wanted import Wanted
from ecluse.loop.release.version import newest
from ecluse.loop.tickets.mentions import belonging
from ecluse.loop.tickets.problems import too_many
from ecluse.model.app import App
from ecluse.model.counted import counted
from ecluse.model.events.event import Event
from ecluse.model.events.tickets import TicketsNamed
from ecluse.model.history import ReleaseKnown
from ecluse.model.ids import Commit, DeploymentId
from ecluse.model.problem import ProblemError
from ecluse.model.release import Release
from ecluse.model.tracker import Happening, Tickets
from ecluse.ports.source import Change
from ecluse.ports.world import World

Named = Mapping[str, str]
"""Tickets by key, with the commits that name them."""


async def named_in(tickets: Tickets, changes: Sequence[Change], until: Commit, world: World, *, what: str) -> Named:
    """What these commits name. None at all where there are too many, which is said: an old repository's first release
    would write to everybody."""
    named = belonging(changes, await world.source.branches(until), tickets).commits() if changes else {}
    if len(named) <= tickets.most:
        return named
    world.reporter.note(f"! {too_many(counted(len(named), 'ticket'), what, tickets.most)}")
    return {}


def of_release(release: Release, named: Named, *, awaits: str = "") -> tuple[Event, ...]:
    """For the same append as the release itself: there is none that isn't told. One without a tag is told to nobody.
    `awaits` is the digest of the intent of one that is to be published: it is released once all of it is out."""
    if not release.tag or not named:
        return ()
    told = TicketsNamed(
        release=release.id, version=release.version, happening=Happening.RELEASED, tickets=named, tag=release.tag,
        awaits=awaits,
    )  # fmt: skip
    return (told,)


async def of_release_at(app: App, release: Release, world: World, *, awaits: str) -> tuple[Event, ...]:
    """As `of_release`, for one that was planned before, maybe elsewhere: its commit says what it names. What git can't
    tell is a note."""
    if app.tickets is None or not release.tag:
        return ()
    try:
        changes = await since_last_tag(app, release.commit, world)
        named = await named_in(app.tickets, changes, release.commit, world, what="the release")
        return of_release(release, named, awaits=awaits)
    except ProblemError as error:
        world.reporter.note(f"! tickets are not told of this release: {error}")
        return ()


async def of_deployment(
    wanted: Wanted, release: Release, seen: Seen, deployment: DeploymentId, world: World
) -> tuple[Event, ...]:
    """What is new in the environment is deployed, what was there and isn't in `release` is taken back, whatever the
    verb. Where only tagged releases go: others are experiments. A deploy never fails for it: what git can't tell is a
    note."""
    tickets = wanted.app.tickets
    if tickets is None or not wanted.environment.tag or not release.tag:
        return ()
    try:
        before = await served(seen, wanted.app, world)
        gained, lost = await _difference(tickets, wanted.app, before, release, world)
    except ProblemError as error:
        world.reporter.note(f"! tickets are not told of this deployment: {error}")
        return ()
    place = wanted.environment.name
    deployed = TicketsNamed(
        environment=place, release=release.id, version=release.version, happening=Happening.DEPLOYED, tickets=gained,
        awaits=deployment, tag=release.tag,
    )  # fmt: skip
    if before is None or not lost:
        return (deployed,) if gained else ()
    taken_back = TicketsNamed(
        environment=place, release=before.id, version=before.version, happening=Happening.TAKEN_BACK, tickets=lost,
        awaits=deployment, tag=before.tag, serving=release.version,
    )  # fmt: skip
    return (taken_back, deployed) if gained else (taken_back,)


async def _difference(
    tickets: Tickets, app: App, before: ReleaseKnown | None, release: Release, world: World
) -> tuple[Named, Named]:
    async def named(changes: Sequence[Change], until: Commit, what: str) -> Named:
        return await named_in(tickets, changes, until, world, what=what)

    what = f"the deployment of {release.version}"
    if before is None:
        return await named(await since_last_tag(app, release.commit, world), release.commit, what), {}
    there = Commit(before.commit)
    gained = await named(await world.source.changes(there, release.commit), release.commit, what)
    lost = await named(await world.source.changes(release.commit, there), there, f"to take back {before.version}")
    return gained, {key: commits for key, commits in lost.items() if key not in gained}


async def since_last_tag(app: App, commit: Commit, world: World) -> tuple[Change, ...]:
    """The commits of the release that `commit` is, or will be: those after the last version before it."""
    prefix = app.release.tag_prefix
    tags = await world.source.tags(commit, prefix)
    before = newest((tag for tag in tags if tag.commit != commit), prefix)
    return await world.source.changes(before[1].commit if before else None, commit)


async def served(seen: Seen, app: App, world: World) -> ReleaseKnown | None:
    """What serves, with its commit: of the ledger, else, if another machine deployed it, of its tag. None where nothing
    serves. ProblemError C003 where its commit isn't known."""
    if not seen.serving:
        return None
    state = world.ledger.state()
    if found := state.releases.get(seen.serving):
        return found
    version = next(
        (slot.version or "" for look in seen.hosts.values() if look.serving
         and (slot := look.slot(look.serving)).release == seen.serving), "",
    )  # fmt: skip
    tag = f"{app.release.tag_prefix}{version}"
    commit = await world.source.resolve(tag)
    return ReleaseKnown(
        id=seen.serving, version=version, commit=commit, bundle="", config="", notes="", tag=tag, at=world.clock.now()
    )
