"""Everything that a release is, made once: bundle, distributions, bill of materials, signature, intent."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from ecluse.loop.build.bundle import build
from ecluse.loop.build.remembered import named
from ecluse.loop.code.checkout import check_out
from ecluse.loop.deploy.wanted import keep_app
from ecluse.loop.release.anchor import anchored
from ecluse.loop.release.attest.attest import attested, statement_of
from ecluse.loop.release.attest.identity import signed_by_identity
from ecluse.loop.release.attest.sbom import sbom
from ecluse.loop.release.boundaries import boundary
from ecluse.loop.release.image import require_same_image
from ecluse.loop.release.make import PlannedRelease, require_unchanged
from ecluse.loop.release.names import attestation_name
from ecluse.loop.release.store import Shelf
from ecluse.loop.release.upload import require_same
from ecluse.model.app import App
from ecluse.model.artifact import Bundle
from ecluse.model.ids import Commit, Digest
from ecluse.model.intent import Intent, Kind, ReleaseFile
from ecluse.model.problem import ProblemError
from ecluse.model.release import Release
from ecluse.ports.world import World


@dataclass(frozen=True, slots=True)
class Preparing:
    """One release being made in `folder`, which is private."""

    app: App
    commit: Commit
    world: World
    shelf: Shelf
    folder: Path
    takes_version: bool = False
    """From a commit that was given up."""

    async def intent(self, planned: PlannedRelease) -> Intent:
        """What counts from now on: ours, or that of whoever was faster."""
        with boundary("build", self.world):
            mine, bundle = await self._made(planned)
        if (meanwhile := await self._unless_free(self._require_same_files(mine))) is not None:
            return meanwhile
        with boundary("keep", self.world):
            files = {file.digest: self.folder / file.name for file in mine.files}
            await self.shelf.keep(files, (*named(bundle), bundle.digest, mine.config))
        if (meanwhile := await self._unless_free(self._require_same_image(mine))) is not None:
            return meanwhile
        with boundary("claim", self.world):
            await self.shelf.claim_version(mine, takes=self.takes_version and self._is_decided_by_tags)
        with boundary("intend", self.world):
            return await self.shelf.claim_intent(mine)

    @property
    def _is_decided_by_tags(self) -> bool:
        """Whether two commits can't both get out with a version: the remote has one tag of a name."""
        return bool(self.app.release.pushed_to) or self.shelf.shared is None

    async def _unless_free(self, required: Awaitable[None]) -> Intent | None:
        """What is out already has other bytes: those of whoever was faster, whose intent is there since then. The
        ProblemError where nobody was."""
        try:
            await required
        except ProblemError:
            if (meanwhile := await self.shelf.intent(self.app.name, self.commit)) is not None:
                return meanwhile
            raise
        return None

    async def _require_same_files(self, mine: Intent) -> None:
        if place := self.app.release.index:
            await require_same(mine, self.world.outlets.index(place))

    async def _require_same_image(self, mine: Intent) -> None:
        if place := self.app.release.image:
            await require_same_image(mine, place, self.shelf, self.folder / "image", self.world)

    async def _made(self, planned: PlannedRelease) -> tuple[Intent, Bundle]:
        world, began = self.world, self.world.clock.now()
        bundle, events = await build(self.app, world, commit=self.commit, dirty=False)
        world.ledger.append(*events)
        release = Release(
            version=planned.version, commit=self.commit, bundle=bundle.digest,
            config=keep_app(self.app, world.store), notes=planned.notes, tag=planned.tag,
        )  # fmt: skip
        require_unchanged(release, world)
        files = [*await self._distributions(release), await self._sbom(release, bundle)]
        files += [
            *await self._attestation(release, bundle, files, began),
            *(self._file(path, Kind.SIGSTORE) for path in await self._by_identity(release, bundle, files, began)),
        ]
        return Intent(
            app=self.app.name, version=release.version, tag=release.tag, commit=self.commit, bundle=bundle.digest,
            config=release.config, notes=planned.notes, message=anchored(planned.notes, world.ledger),
            files=tuple(files),
        ), bundle  # fmt: skip

    async def _distributions(self, release: Release) -> list[ReleaseFile]:
        place, world = self.app.release.index, self.world
        if place is None:
            return []
        moment, packer = await world.source.committed_at(self.commit), world.outlets.packer()
        found: list[Path] = []
        for number, project in enumerate(place.projects):  # each from a tree that no other build has written to
            checkout = await check_out(world.source, self.commit, self.folder / f"commit-{number}", dirty=False)
            tree, settings = checkout.sources(replace(self.app.build, project=project))
            made = await packer.pack(tree / settings.project, self.folder, version=release.version, moment=moment)
            for path in made:
                world.reporter.line("release", f"built {path.name}")
            found += made
        return [self._file(path, Kind.WHEEL if path.suffix == ".whl" else Kind.SDIST) for path in found]

    async def _sbom(self, release: Release, bundle: Bundle) -> ReleaseFile:
        document = await asyncio.to_thread(sbom, self.app.name, release, bundle, self.world.store)
        path = self.folder / f"{self.app.name}-{release.version}.cdx.json"
        path.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        return self._file(path, Kind.SBOM)

    async def _attestation(
        self, release: Release, bundle: Bundle, files: list[ReleaseFile], began: datetime
    ) -> list[ReleaseFile]:
        envelope = await attested(self.app, release, bundle, files, began, self.world)
        if envelope is None:
            return []
        path = self.folder / f"{self.app.name}-{release.version}.intoto.jsonl"
        path.write_bytes(envelope)
        return [self._file(path, Kind.ATTESTATION)]

    async def _by_identity(
        self, release: Release, bundle: Bundle, files: list[ReleaseFile], began: datetime
    ) -> tuple[Path, ...]:
        if not self.app.release.sigstore:
            return ()
        statement = await statement_of(self.app, release, bundle, files, began, self.world)
        names = [file.name for file in files if file.kind.is_distribution or file.kind is Kind.SBOM]
        return await signed_by_identity(statement, [self.folder / name for name in names], self.world)

    @staticmethod
    def _file(path: Path, kind: Kind) -> ReleaseFile:
        return ReleaseFile(name=path.name, digest=digest_of_file(path), size=path.stat().st_size, kind=kind)


async def show_attestation(intent: Intent, shelf: Shelf, folder: Path) -> None:
    """Under the name by which a deploy looks for it."""
    for file in intent.files:
        if file.kind is Kind.ATTESTATION:
            path = await shelf.fetch(file, folder)
            await shelf.put(attestation_name(intent.release.id), await asyncio.to_thread(path.read_bytes))


def digest_of_file(path: Path) -> Digest:
    import hashlib  # noqa: PLC0415

    with path.open("rb") as file:
        return Digest(f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}")
