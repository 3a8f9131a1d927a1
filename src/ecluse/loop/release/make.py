"""Naming a version: planned first, so that it can be shown, then made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field

from ecluse.loop.release.anchor import anchored
from ecluse.loop.release.notes import notes
from ecluse.loop.release.version import SemVer, bump_of, following, newest, parse, unreleased
from ecluse.loop.tickets.naming import named_in, of_release
from ecluse.model.app import App
from ecluse.model.artifact import Bundle
from ecluse.model.events.event import Event
from ecluse.model.events.releases import ReleaseMade
from ecluse.model.ids import Commit, Digest, Version
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.model.release import DIRTY, Release
from ecluse.model.values import frozen
from ecluse.ports.source import Change, Tag
from ecluse.ports.world import World


@frozen
class PlannedRelease:
    """`tag` is the tag to make or that is there already, empty for one without; `previous` the version before.
    `tickets` are those that its commits name, with the commits: a tagged release is told on them."""

    version: Version
    commit: Commit
    notes: str
    tag: str = ""
    previous: str = ""
    tickets: Mapping[str, str] = field(default_factory=dict)


async def plan_release(app: App, world: World, commit: Commit, *, tag: bool, dirty: bool) -> PlannedRelease:
    """The version that `commit` gets. Changes nothing; a commit that carries its tag keeps that version."""
    prefix = app.release.tag_prefix
    tags = await world.source.tags(commit, prefix)
    own = newest((one for one in tags if one.commit == commit), prefix)
    if own is not None and not dirty:
        return await _as_tagged(own, tags, app, world, commit)
    before = newest(tags, prefix)
    changes = await world.source.changes(before[1].commit if before else None, commit)
    version = following(before[0], bump_of(changes)) if before else _initial(app)
    previous = str(before[0]) if before else ""
    if tag and not dirty:
        return PlannedRelease(
            version=Version(str(version)), commit=commit, notes=notes(str(version), changes),
            tag=f"{prefix}{version}", previous=previous, tickets=await _tickets(app, changes, world, commit),
        )  # fmt: skip
    passing = unreleased(version, commits=len(changes), commit=commit)
    return PlannedRelease(
        version=Version(str(passing)), commit=commit, notes=notes(str(passing), changes), previous=previous
    )


async def make_release(
    planned: PlannedRelease, bundle: Bundle, config: Digest, world: World
) -> tuple[Release, tuple[Event, ...]]:
    """The release, its tag made when it has one. Safe to repeat: what was made before is the same release, no event."""
    release = release_of(planned, bundle, config)
    if planned.tag:
        require_unchanged(release, world)
        await world.source.tag(planned.tag, planned.commit, anchored(planned.notes, world.ledger))
    if release.id in world.ledger.state().releases:
        return release, ()
    return release, (made(release), *of_release(release, planned.tickets))


def release_of(planned: PlannedRelease, bundle: Bundle, config: Digest) -> Release:
    """What will be made of it."""
    version = planned.version
    if bundle.dirty:
        version = Version(f"{version}{DIRTY}{bundle.digest.removeprefix('sha256:')[:7]}")
    return Release(
        version=version, commit=planned.commit, bundle=bundle.digest, config=config, notes=planned.notes,
        tag=planned.tag,
    )  # fmt: skip


async def _as_tagged(
    own: tuple[SemVer, Tag], tags: tuple[Tag, ...], app: App, world: World, commit: Commit
) -> PlannedRelease:
    """What the tag says; its notes are told again from the version before it."""
    version, tag = own
    prefix = app.release.tag_prefix
    before = newest((one for one in tags if one.commit != commit), prefix)
    changes = await world.source.changes(before[1].commit if before else None, commit)
    return PlannedRelease(
        version=Version(str(version)),
        commit=commit,
        notes=notes(str(version), changes),
        tag=tag.name,
        previous=str(before[0]) if before else "",
        tickets=await _tickets(app, changes, world, commit),
    )


async def _tickets(app: App, changes: Sequence[Change], world: World, commit: Commit) -> Mapping[str, str]:
    return await named_in(app.tickets, changes, commit, world, what="the release") if app.tickets else {}


def _initial(app: App) -> SemVer:
    version = parse(app.release.initial)
    if version is None:
        raise ProblemError(
            Problem(
                code="R001",
                what=f"[release] initial = '{app.release.initial}' is no semantic version",
                fix='write three numbers, such as initial = "0.1.0"',
            )
        )
    return version


def require_unchanged(release: Release, world: World) -> None:
    """A tagged version is made of the same bytes for ever: ProblemError R004."""
    for known in world.ledger.state().releases.values():
        if known.tag and known.tag == release.tag and known.bundle != release.bundle:
            raise ProblemError(
                Problem(
                    code="R004",
                    what=f"{release.tag} was released with another content",
                    evidence=(f"then: {known.bundle}", f"now: {release.bundle}"),
                    state="nothing was tagged or deployed",
                    fix="commit what changed (build settings, or locked requirements) and release the new version; "
                    f"or deploy what was released: ecluse deploy --release {known.version}",
                    exit=Exit.REFUSED,
                )
            )


def made(release: Release) -> ReleaseMade:
    """What is recorded of it."""
    return ReleaseMade(
        release=release.id,
        version=release.version,
        commit=release.commit,
        bundle=release.bundle,
        config=release.config,
        notes=release.notes,
        tag=release.tag,
    )
