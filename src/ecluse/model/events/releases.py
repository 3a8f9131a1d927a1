"""What happened to bundles and releases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from ecluse.model.events.event import Event
from ecluse.model.values import frozen


@frozen
class BundleBuilt(Event):
    """A commit became a bundle."""

    run: str
    commit: str
    digest: str
    files: int
    wheels: int
    built_here: tuple[str, ...] = ()
    seconds: float = 0.0


@frozen
class ReleaseMade(Event):
    """A bundle got a version."""

    release: str
    version: str
    commit: str
    bundle: str
    config: str
    notes: str = ""
    tag: str = ""


@frozen
class ReleaseIntended(Event):
    """All of a release is decided and its bytes are kept: from here on it may be seen outside. `intent` is the digest
    of the whole document, `files` are digests by name."""

    intent: str
    version: str
    commit: str
    tag: str
    bundle: str
    files: Mapping[str, str] = field(default_factory=dict)
    store: str = ""
    """Where others find it, or empty."""


@frozen
class ReleasePublished(Event):
    """All of it is outside: pushed to `remote`, sent to `index`, announced at `url`. Empty for what isn't wanted."""

    release: str
    version: str
    intent: str
    remote: str = ""
    index: str = ""
    url: str = ""
    image: str = ""
    sent: tuple[str, ...] = ()
    """Files that the index had not yet."""
