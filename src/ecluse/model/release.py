"""A version of the app. Immutable."""

from __future__ import annotations

import hashlib

from ecluse.model.ids import Commit, Digest, ReleaseId, Version
from ecluse.model.values import frozen

DIRTY = ".dirty."
"""Part of the version of what was made from a working tree that wasn't committed."""


def is_dirty(version: str) -> bool:
    return DIRTY in version


@frozen
class Release:
    """What is deployed: a version, the commit it was made from, the digest of its bundle, and how it is run.

    `config` is the digest of the checked manifest: the same commit with another health path is another release.
    The values of an environment's settings are no part of it: a release moves unchanged from one place to the next.
    """

    version: Version
    commit: Commit
    bundle: Digest
    config: Digest
    notes: str = ""
    tag: str = ""
    """The annotated tag that names it, or empty for a release of the local environment."""

    @property
    def id(self) -> ReleaseId:
        named = hashlib.sha256(f"{self.version} {self.commit} {self.bundle} {self.config}".encode())
        return ReleaseId(f"r-{named.hexdigest()[:12]}")
