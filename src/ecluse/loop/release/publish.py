"""A release as a transaction that only goes forward: kept, intended, tagged, pushed, sent, announced.

Until it is intended nothing has happened. From then on whoever says `ecluse release` for the commit, here or on
another machine with the same store, goes on with the same bytes; each move looks first at what there is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ecluse.loop.code.workplace import workplace
from ecluse.loop.deploy.problems import interrupted
from ecluse.loop.release.announce import announce, write_entry
from ecluse.loop.release.boundaries import boundary
from ecluse.loop.release.image import push_image
from ecluse.loop.release.known import intended, is_published, is_recorded, unfinished
from ecluse.loop.release.make import PlannedRelease, made, plan_release, require_unchanged
from ecluse.loop.release.prepare import Preparing, show_attestation
from ecluse.loop.release.store import Shelf
from ecluse.loop.release.told import with_notes
from ecluse.loop.release.upload import upload
from ecluse.loop.release.view import tags_there, whole
from ecluse.loop.tickets.naming import of_release_at
from ecluse.model.app import App
from ecluse.model.ci import in_ci
from ecluse.model.events.releases import ReleaseIntended, ReleasePublished
from ecluse.model.ids import Commit
from ecluse.model.intent import Intent
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.model.values import frozen
from ecluse.ports.remote import Remote
from ecluse.ports.source import Source, Tag
from ecluse.ports.world import World


@frozen
class Published:
    """`is_new`: its intent was made now; else an earlier one was gone on with. `sent` is what the index lacked."""

    intent: Intent
    is_new: bool
    is_changed: bool
    """Whether anything had to be done."""
    remote: str = ""
    sent: tuple[str, ...] = ()
    url: str = ""
    image: str = ""
    changelog: str = ""


async def preview(app: App, commit: Commit, world: World) -> tuple[PlannedRelease, Intent | None]:
    """What `publish` would begin with, or go on with. Reads only."""
    await _remind(commit, world)
    with _private(world) as folder:
        shelf = Shelf.of(app.release, world)
        if (intent := await intended(app, commit, shelf, world)) is not None:
            return _as_planned(intent), intent
        remote, there = await tags_there(app, world, required=False)
        planned, whole_source = await _planned(app, commit, remote, there, world, folder)
        return await with_notes(planned, app.release.tag_prefix, whole_source, world, folder), None


async def publish(app: App, commit: Commit, world: World, *, takes_version: bool = False) -> Published:
    """Safe to repeat, wherever it was interrupted. `takes_version`: also from a commit that was given up before its
    tag was seen anywhere."""
    require_shared_place(app, world)
    await _remind(commit, world)
    with _interrupted_is_said(), world.outlets.alone(), _private(world) as folder:
        shelf = Shelf.of(app.release, world)
        remote, there = await tags_there(app, world, required=bool(app.release.pushed_to))
        await require_ways(app, remote, world)
        intent = await intended(app, commit, shelf, world)
        is_new = intent is None
        if intent is None:
            planned, whole_source = await _planned(app, commit, remote, there, world, folder)
            await _require_free(planned, there, app, world)
            planned = await with_notes(planned, app.release.tag_prefix, whole_source, world, folder)
            intent = await Preparing(app, commit, world, shelf, folder, takes_version).intent(planned)
        else:
            intent = await shelf.tell(intent)
            if not is_published(intent, world):
                world.reporter.note(f"going on with {intent.tag}, begun before")
        return await _Going(app, intent, world, shelf, folder, remote, there, is_new).on()


@dataclass(frozen=True, slots=True)
class _Going:
    """What is left of a release, move by move."""

    app: App
    intent: Intent
    world: World
    shelf: Shelf
    folder: Path
    remote: Remote | None
    there: tuple[Tag, ...]
    is_new: bool

    async def on(self) -> Published:
        was_published = is_published(self.intent, self.world)
        self._record()
        await self._tag()
        pushed = await self._push()
        await self._made()
        sent, image = await self._upload(), await self._image()
        url = await self._announce()
        written = self._changelog()
        if not was_published:
            with boundary("close", self.world):
                self.world.ledger.append(self._closed(sent, url, image))
        return Published(
            intent=self.intent, is_new=self.is_new, is_changed=not was_published or bool(sent) or pushed,
            remote=self.app.release.pushed_to, sent=sent, url=url, image=image, changelog=written,
        )  # fmt: skip

    def _record(self) -> None:
        """Alone in its transaction and on disk: it is what lets everything after it be seen outside."""
        if is_recorded(self.intent, self.world):
            return
        with boundary("record", self.world):
            self.world.store.put_bytes(self.intent.document)
            self.world.ledger.append(
                ReleaseIntended(
                    intent=self.intent.digest, version=self.intent.version, commit=self.intent.commit,
                    tag=self.intent.tag, bundle=self.intent.bundle, store=self.shelf.place,
                    files={file.name: file.digest for file in self.intent.files},
                )
            )  # fmt: skip

    async def _tag(self) -> None:
        """One that is here already may be another than the remote's, made by whoever began: its commit counts."""
        await show_attestation(self.intent, self.shelf, self.folder)
        await self.shelf.fetch_bundle(self.intent, self.folder)
        require_unchanged(self.intent.release, self.world)
        with boundary("tag", self.world):
            if self.remote and self._is_there and not await _tagged_here(self.intent.tag, self.world):
                await self.remote.bring(self.intent.tag)
            else:
                await self.world.source.tag(self.intent.tag, self.intent.commit, self.intent.message)

    async def _made(self) -> None:
        """Only once the remote has its tag: of two who release at once, one has made nothing."""
        release, world = self.intent.release, self.world
        if release.id not in world.ledger.state().releases:
            named = await of_release_at(self.app, release, world, awaits=self.intent.digest)
            world.ledger.append(made(release), *named)

    @property
    def _is_there(self) -> bool:
        return any(tag.name == self.intent.tag and tag.commit == self.intent.commit for tag in self.there)

    async def _push(self) -> bool:
        if not self.app.release.pushed_to or self.remote is None or self._is_there:
            return False
        with boundary("push", self.world):
            await self.remote.push(self.intent.tag, self.intent.commit)
        self.world.reporter.line("release", f"pushed {self.intent.tag} to {self.app.release.pushed_to}")
        return True

    async def _upload(self) -> tuple[str, ...]:
        place = self.app.release.index
        if place is None:
            return ()
        return await upload(self.intent, self.world.outlets.index(place), self.shelf, self.folder, self.world)

    async def _image(self) -> str:
        place = self.app.release.image
        if place is None:
            return ""
        return await push_image(self.intent, place, self.shelf, self.folder, self.world)

    async def _announce(self) -> str:
        place = self.app.release.forge
        if place is None or self.remote is None:
            return ""
        forge = self.world.outlets.forge(place, await self.remote.address())
        return await announce(self.intent, forge, self.shelf, self.folder, self.world)

    def _changelog(self) -> str:
        """In the working tree, for a person to commit: the tagged commit can't hold what it is itself told of."""
        name = self.app.release.changelog
        if not name:
            return ""
        with boundary("changelog", self.world):
            try:
                is_written = write_entry(self.world.root / name, self.world.root, self.intent)
            except (OSError, ValueError) as error:  # all of the release is out
                self.world.reporter.note(f"! {name} has not got the notes: {error}")
                is_written = False
        return name if is_written else ""

    def _closed(self, sent: tuple[str, ...], url: str, image: str) -> ReleasePublished:
        policy = self.app.release
        return ReleasePublished(
            release=self.intent.release.id, version=self.intent.version, intent=self.intent.digest,
            remote=policy.pushed_to, index=policy.index.simple if policy.index else "", url=url, image=image, sent=sent,
        )  # fmt: skip


async def _remind(commit: Commit, world: World) -> None:
    """Whoever has committed since would go on with another release. One whose tag somebody else has is none."""
    for begun in unfinished(world):
        if begun.commit != commit and await _tagged_here(begun.tag, world) == begun.commit:
            short = begun.commit[:12]
            world.reporter.note(f"! {begun.tag} was begun here and isn't all out: ecluse release --commit {short}")


async def _planned(
    app: App, commit: Commit, remote: Remote | None, there: tuple[Tag, ...], world: World, folder: Path
) -> tuple[PlannedRelease, Source]:
    source = await whole(app, world, commit, remote, there, folder / "history")
    return await plan_release(app, replace(world, source=source), commit, tag=True, dirty=False), source


def _as_planned(intent: Intent) -> PlannedRelease:
    return PlannedRelease(version=intent.version, commit=intent.commit, notes=intent.notes, tag=intent.tag)


@contextmanager
def _interrupted_is_said() -> Iterator[None]:
    """There is no host that could still be at work."""
    try:
        yield
    except asyncio.CancelledError:
        state = "what is out stays out; nothing more was published"
        raise ProblemError(replace(interrupted(), state=state, fix="`ecluse release` goes on with it")) from None


@contextmanager
def _private(world: World) -> Iterator[Path]:
    with workplace(world.home, world.ids.new("release")) as place:
        yield place.folder


def require_shared_place(app: App, world: World) -> None:
    """A CI's machine is gone tomorrow: bytes that only it has can't be gone on with. ProblemError R033."""
    if not app.release.publishes or app.release.store or not in_ci(world.env):
        return
    raise ProblemError(
        Problem(
            code="R033",
            what="a release is not published from a CI that keeps its bytes nowhere",
            state="nothing was built, tagged or published",
            fix='name a place that outlives the job: `[release] store = "git:origin"`, "s3://…", or a folder that is '
            "mounted",
            exit=Exit.REFUSED,
        )
    )


async def require_ways(app: App, remote: Remote | None, world: World) -> None:
    """What each place wants (a variable, a library, a repository's name) is there before anything is built."""
    policy, outlets = app.release, world.outlets
    if policy.index:
        outlets.index(policy.index)
    if policy.image:
        outlets.registry(policy.image)
    if policy.forge and remote:
        outlets.forge(policy.forge, await remote.address())
    if policy.sign_with:
        outlets.signer(policy.sign_with)


async def _require_free(planned: PlannedRelease, there: tuple[Tag, ...], app: App, world: World) -> None:
    """Asked before the version is claimed. The tag may be there for this commit; for another it is taken: ProblemError
    R010."""
    remote = app.release.pushed_to or "origin"
    for tag in there:
        if tag.name == planned.tag and tag.commit != planned.commit:
            raise ProblemError(taken(planned.tag, tag.commit, f"on the remote '{remote}'"))
    here = await _tagged_here(planned.tag, world)
    if here not in {None, planned.commit}:
        raise ProblemError(taken(planned.tag, str(here), "in this repository"))


async def _tagged_here(tag: str, world: World) -> Commit | None:
    try:
        return await world.source.resolve(f"refs/tags/{tag}")
    except ProblemError:
        return None


def taken(tag: str, commit: str, where: str) -> Problem:
    return Problem(
        code="R010",
        what=f"the tag {tag} is there already, {where}, and names another commit ({commit[:12]})",
        state="nothing was tagged, pushed or published",
        fix="a release is never moved: release a commit that comes after it; or, if the tag was a mistake, delete it",
        exit=Exit.REFUSED,
    )
