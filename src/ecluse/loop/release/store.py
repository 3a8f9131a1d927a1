"""The stores of a release: this machine's own, and the one that is shared, if there is one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from ecluse.loop.build.remembered import kept_bundle, named
from ecluse.loop.release.names import intent_name, version_name
from ecluse.model.artifact import Bundle
from ecluse.model.ids import Commit, Digest
from ecluse.model.intent import Intent, ReleaseFile, intent_from_json
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.model.publishing import ReleasePolicy
from ecluse.ports.artifacts import ArtifactStore, KeepsMany
from ecluse.ports.cache import UnreachableError
from ecluse.ports.store import ContentStore
from ecluse.ports.world import World

Answer = TypeVar("Answer")
_PREFIX = "sha256:"


@dataclass(frozen=True, slots=True)
class Shelf:
    """Both as one. What the shared one says counts; this machine's own is a copy of what it has a part in."""

    own: ArtifactStore
    shared: ArtifactStore | None
    content: ContentStore

    @classmethod
    def of(cls, policy: ReleasePolicy, world: World) -> Shelf:
        """A shared one that can't be used: ProblemError R018."""
        with reached():
            shared = world.outlets.shared(policy.store) if policy.store else None
        return cls(world.outlets.own, shared, world.store)

    @property
    def place(self) -> str:
        """Where others find it; empty: nowhere."""
        return self.shared.place if self.shared else ""

    @property
    def _both(self) -> tuple[ArtifactStore, ...]:
        return (self.own,) if self.shared is None else (self.own, self.shared)

    async def read(self, name: str) -> bytes | None:
        """The shared store's, else this machine's own. Writes nothing: who only deploys may not be let to."""
        for store in reversed(self._both):
            if (found := await _asked(partial(store.read, name))) is not None:
                return found
        return None

    async def claim(self, name: str, document: bytes) -> bytes:
        """What counts from now on, for all who use the store."""
        first = self.shared or self.own
        kept = await _asked(partial(first.read, name))
        if kept is None:
            kept = await _asked(partial(first.claim, name, document))
        if self.shared is not None:
            await _asked(partial(self.own.put, name, kept))
        return kept

    async def put(self, name: str, document: bytes) -> None:
        """In both stores, where it isn't so already."""
        for store in self._both:
            if await _asked(partial(store.read, name)) != document:
                await _asked(partial(store.put, name, document))

    async def intent(self, app: str, commit: Commit) -> Intent | None:
        """What was intended for the commit. Reads only."""
        document = await self.read(intent_name(app, commit))
        return None if document is None else understood(document, app, commit)

    async def tell(self, intent: Intent) -> Intent:
        """What counts for its commit, in both stores: this, or that of whoever was faster. ProblemError R014."""
        await self.claim_version(intent)
        return await self.claim_intent(intent)

    async def claim_version(self, intent: Intent, *, takes: bool = False) -> None:
        """ProblemError R014: it belongs to another commit. `takes` takes it from that: of two that are at work still,
        the remote lets one have its tag."""
        name, commit = version_name(intent.app, intent.tag), intent.commit.encode()
        owner = await self.claim(name, commit)
        if owner != commit and not takes:
            raise ProblemError(_claimed(intent.tag, owner.decode(errors="replace")))
        if owner != commit:
            await self.put(name, commit)

    async def claim_intent(self, intent: Intent) -> Intent:
        kept = await self.claim(intent_name(intent.app, intent.commit), intent.document)
        return understood(kept, intent.app, intent.commit)

    async def keep(self, files: Mapping[Digest, Path], content: Iterable[Digest] = ()) -> None:
        """Files in both stores; and, in the one that others have, of this machine's content store."""
        for digest, path in files.items():
            await _asked(partial(self.own.keep, digest, path))
        if self.shared is not None:
            whole = {digest: self.content.path(digest) for digest in content}
            await _asked(partial(_keep_all, self.shared, {**whole, **files}))

    async def fetch(self, file: ReleaseFile, folder: Path) -> Path:
        """The file under its own name, below `folder` in one that holds nothing else: what was built there in vain,
        because somebody was faster, has the same names. Nowhere, or other bytes: ProblemError R015."""
        into = folder / "kept" / file.name
        into.parent.mkdir(exist_ok=True)
        if into.exists():
            return into
        for store in self._both:
            if await _asked(partial(store.fetch, file.digest, into)):
                return into
        raise ProblemError(_lost(file))

    async def fetch_bundle(self, intent: Intent, folder: Path) -> Bundle:
        """The bundle, with all of it and its manifest in this machine's content store. ProblemError R015."""
        await self._fetch_content((intent.config, intent.bundle), folder)
        bundle = kept_bundle(intent.bundle, self.content)
        await self._fetch_content(named(bundle), folder)
        return bundle

    async def _fetch_content(self, wanted: Iterable[Digest], folder: Path) -> None:
        into = {one: folder / one.removeprefix(_PREFIX) for one in dict.fromkeys(wanted) if not self.content.has(one)}
        if not into:
            return
        came = await _asked(partial(_fetch_all, self.shared, into)) if self.shared else frozenset()
        for one, path in into.items():
            if one not in came:
                raise ProblemError(_lost(one))
            await asyncio.to_thread(self.content.put_file, path)
            path.unlink()


def _keep_all(store: ArtifactStore, files: Mapping[Digest, Path]) -> None:
    if isinstance(store, KeepsMany):
        store.keep_all(files)
    else:
        for digest, path in files.items():
            store.keep(digest, path)


def _fetch_all(store: ArtifactStore, files: Mapping[Digest, Path]) -> frozenset[Digest]:
    if isinstance(store, KeepsMany):
        return store.fetch_all(files)
    return frozenset(digest for digest, into in files.items() if store.fetch(digest, into))


async def _asked(question: Callable[[], Answer]) -> Answer:
    with reached():
        return await asyncio.to_thread(question)


@contextmanager
def reached() -> Iterator[None]:
    try:
        yield
    except UnreachableError as error:
        raise ProblemError(
            Problem(
                code="R018",
                what="the store of releases can't be used",
                evidence=(str(error),),
                state="nothing more was published than what is out already",
                fix="bring it back, or correct `[release] store`; then `ecluse release` goes on",
                exit=Exit.UNREACHABLE,
            )
        ) from error


def understood(document: bytes, app: str, commit: Commit) -> Intent:
    """ProblemError R016 for one that a newer version wrote, that is spoilt, or that is another's."""
    try:
        intent = intent_from_json(json.loads(document))
        if (intent.app, intent.commit) != (app, commit):
            raise ValueError(f"it is about {intent.app} at {intent.commit[:12]}")  # noqa: TRY301
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ProblemError(
            Problem(
                code="R016",
                what="what the store of releases says of this commit can't be read",
                evidence=(str(error),),
                state="nothing was changed",
                fix="release with the version of ecluse that began it, or a newer one; if somebody wrote to the store, "
                "find out who",
                exit=Exit.NEEDS_PERSON,
            )
        ) from error
    return intent


def _claimed(tag: str, owner: str) -> Problem:
    return Problem(
        code="R014",
        what=f"{tag} belongs to another commit ({owner[:12]}), whose release was begun",
        state="nothing was tagged or published",
        fix=f"finish it: ecluse release --commit {owner[:12]}; then release what comes after it. If that commit was "
        "given up, and its tag is nowhere: ecluse release --take-version",
        exit=Exit.REFUSED,
    )


def _lost(what: ReleaseFile | Digest) -> Problem:
    name = what.name if isinstance(what, ReleaseFile) else what
    return Problem(
        code="R015",
        what=f"the bytes of {name} are lost, and a release is never built twice",
        state="what is published already stays as it is; nothing more was sent",
        fix="go on where the release was begun, or bring back the store that it was kept in; else release the next "
        "commit",
        exit=Exit.NEEDS_PERSON,
    )
