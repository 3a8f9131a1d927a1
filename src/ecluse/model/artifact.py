"""Built things named by their digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ecluse.model.ids import Commit, Digest
from ecluse.model.values import frozen


@frozen
class SourceFile:
    """One file of the tree. `mode` is `file`, `executable` or `link` (the blob is then the link's text)."""

    path: str
    mode: str
    digest: Digest


@frozen
class Wheel:
    """One file of a wheelhouse. `built` says that it was built here from a source distribution."""

    name: str
    digest: Digest
    built: bool = False


@frozen
class Wheelhouse:
    """Everything that one (Python, architecture, libc) needs, installable without a network.

    `app` goes into the release's virtual environment. `server` (the server that Écluse starts) goes into a folder
    of its own, searched last, so that it can never change what the app resolved. `pip` is the wheel that installs.
    """

    python: str
    """`X.Y`"""
    machine: str
    libc: str
    digest: Digest
    app: tuple[Wheel, ...]
    server: tuple[Wheel, ...]
    pip: Wheel


@frozen
class Bundle:
    """Source and locked wheels of one commit. `digest` is that of its canonical JSON without the digest itself."""

    digest: Digest
    commit: Commit
    dirty: bool
    files: tuple[SourceFile, ...]
    wheelhouses: tuple[Wheelhouse, ...]

    def to_json(self) -> dict[str, Any]:
        """The document of the bundle, its digest included; `bundle_from_json` reads it."""
        document = asdict(self)
        document["files"] = list(document["files"])
        document["wheelhouses"] = [_listed(house) for house in document["wheelhouses"]]
        return document


def _listed(house: Mapping[str, Any]) -> dict[str, Any]:
    return {**house, "app": list(house["app"]), "server": list(house["server"])}


def bundle_from_json(document: Mapping[str, Any]) -> Bundle:
    """The bundle that `to_json` wrote. A missing key is a KeyError; the digest is believed, not computed."""
    return Bundle(
        digest=Digest(document["digest"]),
        commit=Commit(document["commit"]),
        dirty=bool(document["dirty"]),
        files=tuple(SourceFile(**file) for file in document["files"]),
        wheelhouses=tuple(wheelhouse_from_json(house) for house in document["wheelhouses"]),
    )


def wheelhouse_from_json(house: Mapping[str, Any]) -> Wheelhouse:
    """The wheelhouse of its document. A missing key is a KeyError."""
    lists = {name: tuple(Wheel(**wheel) for wheel in house[name]) for name in ("app", "server")}
    return Wheelhouse(**{**house, **lists, "pip": Wheel(**house["pip"])})


def canonical(document: Mapping[str, Any]) -> bytes:
    """The one way in which a document is written as bytes: sorted keys, no spaces, UTF-8.

    A file's name needn't be text: what isn't is a lone surrogate (PEP 383), and stays one, as `json.loads` reads it.
    """
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")


def digest_of(document: Mapping[str, Any]) -> Digest:
    """The digest of a bundle's or wheelhouse's document, its own `digest` left out."""
    named = canonical({key: value for key, value in document.items() if key != "digest"})
    return Digest(f"sha256:{hashlib.sha256(named).hexdigest()}")
