"""Saying how a release was made, signed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from ecluse.loop.release.attest.dsse import sealed
from ecluse.loop.release.attest.provenance import Making, builder_of, provenance
from ecluse.loop.release.names import attestation_name
from ecluse.loop.release.store import Shelf
from ecluse.model.app import App
from ecluse.model.artifact import Bundle, canonical
from ecluse.model.intent import ReleaseFile
from ecluse.model.release import Release
from ecluse.ports.world import World

_SECRET_PART = re.compile(r"(?<=://)[^/\s]*@")


async def attested(
    app: App,
    release: Release,
    bundle: Bundle,
    files: Iterable[ReleaseFile],
    began: datetime,
    world: World,
) -> bytes | None:
    """The envelope; None where the manifest names no key."""
    if not app.release.sign_with:
        return None
    signer = world.outlets.signer(app.release.sign_with)
    return sealed(canonical(await statement_of(app, release, bundle, files, began, world)), signer)


async def statement_of(
    app: App, release: Release, bundle: Bundle, files: Iterable[ReleaseFile], began: datetime, world: World
) -> dict[str, Any]:
    """What is signed. An address never holds a password."""
    source = await world.outlets.remote(app.release.remote or "origin").address()
    making = Making(
        actor=world.actor,
        builder=builder_of(world.env),
        run=world.ids.new("made"),
        began=began,
        ended=world.clock.now(),
        source=_SECRET_PART.sub("", source),
    )
    return provenance(app.name, release, bundle, files, making)


async def attest(app: App, release: Release, bundle: Bundle, world: World) -> None:
    """For a release that nobody publishes. It has been said already: nothing to do."""
    if not app.release.sign_with or not release.tag:
        return
    shelf = Shelf.of(app.release, world)
    name = attestation_name(release.id)
    if await shelf.read(name) is None:
        envelope = await attested(app, release, bundle, (), world.clock.now(), world)
        if envelope:
            await shelf.put(name, envelope)
