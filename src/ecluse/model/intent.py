"""What a release is to be, before anything of it is seen outside: version, commit, and the digest of every byte."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict
from enum import StrEnum
from typing import Any

from ecluse.model.artifact import canonical
from ecluse.model.ids import Commit, Digest, Version
from ecluse.model.release import Release
from ecluse.model.values import frozen

FORMAT = 1


class Kind(StrEnum):
    """What a file is for."""

    SDIST = "sdist"
    WHEEL = "wheel"
    SBOM = "sbom"
    ATTESTATION = "attestation"
    """A DSSE envelope around the provenance."""
    SIGSTORE = "sigstore"
    """A Sigstore bundle for one of the others."""

    @property
    def is_distribution(self) -> bool:
        return self in {Kind.SDIST, Kind.WHEEL}


@frozen
class ReleaseFile:
    name: str
    digest: Digest
    size: int
    kind: Kind


@frozen
class Intent:
    """One for each commit of an app. Whoever goes on with the release takes it as it is: nothing is built again."""

    app: str
    version: Version
    tag: str
    commit: Commit
    bundle: Digest
    config: Digest
    notes: str
    message: str
    """Of the tag."""
    files: tuple[ReleaseFile, ...]

    @property
    def release(self) -> Release:
        return Release(
            version=self.version, commit=self.commit, bundle=self.bundle, config=self.config, notes=self.notes,
            tag=self.tag,
        )  # fmt: skip

    @property
    def distributions(self) -> tuple[ReleaseFile, ...]:
        """In the order in which they are sent: an index that has a wheel should have its source too."""
        return tuple(sorted((one for one in self.files if one.kind.is_distribution), key=_place))

    @property
    def document(self) -> bytes:
        return canonical({"format": FORMAT, **asdict(self), "files": [asdict(one) for one in self.files]})

    @property
    def digest(self) -> Digest:
        return Digest(f"sha256:{hashlib.sha256(self.document).hexdigest()}")


def _place(file: ReleaseFile) -> tuple[bool, str]:
    return (file.kind is not Kind.SDIST, file.name)


def intent_from_json(document: Mapping[str, Any]) -> Intent:
    """The intent of its document. A missing key is a KeyError, what can't be one a ValueError or TypeError: others may
    write to the store, and its names become paths and arguments."""
    if document["format"] != FORMAT:
        raise ValueError(f"format {document['format']} of an intent isn't known here")
    files = tuple(ReleaseFile(**{**one, "kind": Kind(one["kind"])}) for one in document["files"])
    rest = {name: document[name] for name in Intent.__dataclass_fields__ if name != "files"}
    for name, value in rest.items():
        _require(_TEXTS.get(name, _ANY), name, value)
    for file in files:
        _require(_NAME, "name of a file", file.name)
        _require(_DIGEST, file.name, file.digest)
    return Intent(**rest, files=files)


_ANY = re.compile(r"(?s).*")
_NAME = re.compile(r"[A-Za-z0-9_][^/\\\x00-\x1f\x7f]*")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_TEXTS = {"app": _NAME, "commit": re.compile(r"[0-9a-f]{40,64}"), "bundle": _DIGEST, "config": _DIGEST,
          "tag": re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./+-]*")}  # fmt: skip


def _require(shape: re.Pattern[str], name: str, value: object) -> None:
    if not isinstance(value, str) or not shape.fullmatch(value):
        raise ValueError(f"{name} can't be {value!r}")
