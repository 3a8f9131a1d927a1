"""A commit as a bundle: its tree and its locked wheels in the content store, named by one digest."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from ecluse.loop.build.frontend import Maker, stored
from ecluse.loop.build.remembered import Remembered
from ecluse.loop.build.servers import server_requirements
from ecluse.loop.code.checkout import Checkout, check_out
from ecluse.loop.code.globs import chosen
from ecluse.loop.code.workplace import Workplace, workplace
from ecluse.model.app import App, Build
from ecluse.model.artifact import Bundle, SourceFile, Wheelhouse, canonical, digest_of
from ecluse.model.events.event import Event
from ecluse.model.events.releases import BundleBuilt
from ecluse.model.ids import Commit, Digest
from ecluse.ports.store import ContentStore
from ecluse.ports.world import World


def known_bundle(app: App, world: World, commit: Commit) -> Bundle | None:
    """The bundle that a build would give without building; None when it would have to. Reads only."""
    return Remembered.of(app, world, commit).recall()


async def build(app: App, world: World, *, commit: Commit, dirty: bool) -> tuple[Bundle, tuple[Event, ...]]:
    """The bundle of `commit`, or of the working tree when `dirty`; all of it is in the store.

    The same commit and build settings give the same digest, and the second time no checkout is made.
    """
    remembered = Remembered.of(app, world, commit)
    if not dirty and (known := remembered.recall()) is not None:
        return known, ()
    began, run = world.clock.monotonic(), world.ids.new("build")
    with workplace(world.home, run) as place:
        checkout = await check_out(world.source, commit, place.folder / "commit", dirty=dirty)
        house = await wheelhouse_of(app, world, checkout)
        listed = await asyncio.to_thread(_stored, checkout, app.build, world.store)
        listed = with_built(listed, await _frontend(app, world, checkout, place))
    bundle = keep_bundle(commit, dirty=dirty, files=listed, houses=(house,), store=world.store)
    if not dirty:
        remembered.keep(bundle.digest)
    return bundle, (_event(bundle, run, world.clock.monotonic() - began),)


def keep_bundle(
    commit: Commit, *, dirty: bool, files: tuple[SourceFile, ...], houses: tuple[Wheelhouse, ...], store: ContentStore
) -> Bundle:
    """The bundle with its digest. Its document lies in the store under that digest, so it doesn't hold it itself."""
    bare = Bundle(digest=Digest(""), commit=commit, dirty=dirty, files=files, wheelhouses=houses)
    document = bare.to_json()
    bundle = replace(bare, digest=digest_of(document))
    del document["digest"]
    store.put_bytes(canonical(document))
    return bundle


async def _frontend(app: App, world: World, checkout: Checkout, place: Workplace) -> tuple[SourceFile, ...]:
    if app.frontend is None:
        return ()
    tell = lambda line: world.reporter.line("frontend", line)  # noqa: E731
    return await Maker(world=world, place=place, checkout=checkout, tell=tell).files(app.frontend)


def with_built(files: tuple[SourceFile, ...], built: tuple[SourceFile, ...]) -> tuple[SourceFile, ...]:
    """The commit's files, and what was built of them in their places; sorted."""
    found = {file.path: file for file in (*files, *built)}
    return tuple(found[path] for path in sorted(found))


async def wheelhouse_of(app: App, world: World, checkout: Checkout) -> Wheelhouse:
    """The wheels that the bundle of a checkout has."""
    tree, build = checkout.sources(app.build)
    python = await world.toolchain.choose(tree, build)
    return await world.toolchain.wheelhouse(
        tree,
        build,
        servers=server_requirements(app, python.minor),
        identity="" if checkout.dirty else f"{world.root}@{checkout.commit}",
        say=lambda line: world.reporter.line("build", line),
    )


def _stored(checkout: Checkout, build: Build, store: ContentStore) -> tuple[SourceFile, ...]:
    left_out = frozenset(chosen(checkout.files, build.exclude))
    return tuple(stored(path, checkout.folder, store) for path in sorted(checkout.files) if path not in left_out)


def _event(bundle: Bundle, run: str, seconds: float) -> BundleBuilt:
    wheels = [wheel for house in bundle.wheelhouses for wheel in (*house.app, *house.server)]
    return BundleBuilt(
        run=run,
        commit=bundle.commit,
        digest=bundle.digest,
        files=len(bundle.files),
        wheels=len(wheels),
        built_here=tuple(wheel.name for wheel in wheels if wheel.built),
        seconds=round(seconds, 3),
    )
