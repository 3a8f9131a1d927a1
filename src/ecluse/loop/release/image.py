"""The bundle in an OCI registry, as an artifact: its source in one layer, each wheel in one of its own.

So releases that share wheels share layers. The same bundle gives the same manifest, whoever pushes it.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ecluse.loop.build.remembered import kept_bundle
from ecluse.loop.release.boundaries import boundary
from ecluse.loop.release.store import Shelf
from ecluse.model.artifact import Bundle, canonical
from ecluse.model.ids import Digest
from ecluse.model.intent import Intent
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.model.publishing import ImagePlace
from ecluse.ports.store import ContentStore
from ecluse.ports.world import World

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
ARTIFACT = "application/vnd.ecluse.bundle.v1"
EMPTY = "application/vnd.oci.empty.v1+json"
NOTHING = b"{}"
TITLE = "org.opencontainers.image.title"
_PERMISSIONS = {"file": 0o644, "executable": 0o755, "link": 0o777}


async def push_image(intent: Intent, place: ImagePlace, shelf: Shelf, folder: Path, world: World) -> str:
    """Its address with the digest. The version names something else there: ProblemError R029, never overwritten."""
    registry = world.outlets.registry(place)
    layers = await _layers(intent, shelf, folder)
    document = _manifest(intent, layers)
    digest = _digest(document)
    named = f"{place.address.partition('://')[2]}@{digest}"
    there = await registry.manifest(intent.version)
    if there == digest:
        return named
    if there is not None:
        raise ProblemError(_taken(intent, there, digest))
    with boundary("image", world):
        for one, path in layers:
            await registry.push_blob(Digest(one["digest"]), path)
        nothing = folder / "nothing"
        nothing.write_bytes(NOTHING)
        await registry.push_blob(Digest(_described(NOTHING, EMPTY)["digest"]), nothing)
        await registry.push_manifest(intent.version, document, MANIFEST)
    return named


async def require_same_image(intent: Intent, place: ImagePlace, shelf: Shelf, folder: Path, world: World) -> None:
    """Asked before anything is tagged: ProblemError R029. `folder` is for this question alone."""
    there = await world.outlets.registry(place).manifest(intent.version)
    if there is None:
        return
    digest = _digest(_manifest(intent, await _layers(intent, shelf, folder)))
    if there != digest:
        raise ProblemError(_taken(intent, there, digest))


def _digest(document: bytes) -> Digest:
    return Digest(f"sha256:{hashlib.sha256(document).hexdigest()}")


Layers = list[tuple[dict[str, Any], Path]]
"""Each descriptor with the file that it describes."""


async def _layers(intent: Intent, shelf: Shelf, folder: Path) -> Layers:
    bundle = kept_bundle(intent.bundle, shelf.content)
    source = folder / "source.tar"
    await asyncio.to_thread(_pack, bundle, shelf.content, source)
    document = shelf.content.path(bundle.digest)
    files = [
        (document, "application/vnd.ecluse.bundle.v1+json", "bundle.json"),
        (source, "application/vnd.oci.image.layer.v1.tar", "source.tar"),
        *((shelf.content.path(digest), "application/zip", name) for name, digest in _wheels(bundle)),
    ]
    told = [file for file in intent.files if not file.kind.is_distribution]
    files += [(await shelf.fetch(file, folder), "application/json", file.name) for file in told]
    return [(_layer(*one), one[0]) for one in files]


def _wheels(bundle: Bundle) -> Iterator[tuple[str, Digest]]:
    wheels = {one.name: one.digest for house in bundle.wheelhouses for one in (*house.app, *house.server, house.pip)}
    yield from sorted(wheels.items())


def _layer(path: Path, kind: str, title: str) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
    return {"mediaType": kind, "digest": digest, "size": path.stat().st_size, "annotations": {TITLE: title}}


def _described(data: bytes, kind: str) -> dict[str, Any]:
    return {"mediaType": kind, "digest": f"sha256:{hashlib.sha256(data).hexdigest()}", "size": len(data)}


def _manifest(intent: Intent, layers: Layers) -> bytes:
    return canonical(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": ARTIFACT,
            "config": _described(NOTHING, EMPTY),
            "layers": [layer for layer, _ in layers],
            "annotations": {
                "org.opencontainers.image.version": intent.version,
                "org.opencontainers.image.revision": intent.commit,
                TITLE: intent.app,
            },
        }
    )


def _pack(bundle: Bundle, content: ContentStore, into: Path) -> None:
    """In the order of the paths, of nobody and at no time: the same tree is the same file."""
    into.parent.mkdir(exist_ok=True)
    with tarfile.open(into, "w", format=tarfile.PAX_FORMAT) as archive:
        for file in bundle.files:
            data = content.path(file.digest).read_bytes()
            member = tarfile.TarInfo(file.path)
            member.mode = _PERMISSIONS[file.mode]
            if file.mode == "link":
                member.type, member.linkname = tarfile.SYMTYPE, data.decode("utf-8", "surrogateescape")
                archive.addfile(member)
            else:
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))


def _taken(intent: Intent, there: Digest, here: Digest) -> Problem:
    return Problem(
        code="R029",
        what=f"the image registry has another {intent.version}",
        evidence=(f"there {there}, here {here}",),
        state="nothing was sent over it",
        fix="find out who pushed it; then release the next version (any commit)",
        exit=Exit.NEEDS_PERSON,
    )
