"""Bundles found again without a checkout: which commit, built how, gave which digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from ecluse.model.app import App
from ecluse.model.artifact import Bundle, bundle_from_json
from ecluse.model.ids import Commit, Digest
from ecluse.ports.store import ContentStore
from ecluse.ports.world import World


@dataclass(frozen=True, slots=True)
class Remembered:
    """One question. `path` is named by everything that the answer depends on."""

    path: Path
    store: ContentStore

    @classmethod
    def of(cls, app: App, world: World, commit: Commit) -> Remembered:
        """The interpreters count: another one may be chosen when one is added or goes."""
        web = app.web
        served = (web.interface, web.server) if web else ()
        pythons = [(str(python.path), python.version) for python in world.toolchain.interpreters()]
        front = asdict(app.frontend) if app.frontend else None
        asked = [str(world.root), commit, asdict(app.build), front, served, pythons]
        parts = json.dumps(asked, sort_keys=True, default=str)
        name = hashlib.sha256(parts.encode()).hexdigest()[:40]
        return cls(world.home / "cache" / "bundles" / f"{name}.json", world.store)

    def recall(self) -> Bundle | None:
        """The bundle, if all that it names is still in the store."""
        try:
            digest = Digest(json.loads(self.path.read_text(encoding="utf-8"))["digest"])
            bundle = kept_bundle(digest, self.store)
        except (OSError, ValueError, KeyError):
            return None
        return bundle if all(self.store.has(digest) for digest in named(bundle)) else None

    def keep(self, digest: Digest) -> None:
        """A record that is cut short by a crash is no record: `recall` then says that nothing is known."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps({"digest": digest}), encoding="utf-8")


def kept_bundle(digest: Digest, store: ContentStore) -> Bundle:
    """The bundle whose document lies in the store under its digest; KeyError when it isn't there."""
    return bundle_from_json({**json.loads(store.path(digest).read_bytes()), "digest": digest})


def named(bundle: Bundle) -> Iterator[Digest]:
    """The content that it is made of, itself left out."""
    yield from (file.digest for file in bundle.files)
    for house in bundle.wheelhouses:
        yield from (wheel.digest for wheel in (*house.app, *house.server, house.pip))
