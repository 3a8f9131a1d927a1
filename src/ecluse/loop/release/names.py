"""The names of documents in a store of releases. Pure."""

from __future__ import annotations

import hashlib


def intent_name(app: str, commit: str) -> str:
    """Of what the release of a commit is to be."""
    return _name("intent", app, commit)


def version_name(app: str, tag: str) -> str:
    """Of the commit that has the version."""
    return _name("version", app, tag)


def attestation_name(release: str) -> str:
    """Of the signed provenance of a release."""
    return _name("attestation", release)


def _name(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
