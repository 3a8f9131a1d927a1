"""What a built wheel says that it needs (PyPA's core metadata, Requires-Dist)."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from email.parser import HeaderParser
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import Requirement

if TYPE_CHECKING:
    from email.message import Message


def requires(wheel: Path, extras: Sequence[str], python: str) -> tuple[str, ...]:
    """The requirements that hold for this Python with these extras, without what chose them."""
    lines = _metadata(wheel).get_all("Requires-Dist") or ()
    found = (_chosen(Requirement(line), extras, python) for line in lines)
    return tuple(line for line in found if line)


def _metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        name = next(one for one in archive.namelist() if one.endswith(".dist-info/METADATA"))
        return HeaderParser().parsestr(archive.read(name).decode("utf-8", "replace"))


def _chosen(requirement: Requirement, extras: Sequence[str], python: str) -> str:
    environment = {"python_full_version": python, "python_version": ".".join(python.split(".")[:2])}
    marker = requirement.marker
    if marker and not any(marker.evaluate({**environment, "extra": extra}) for extra in ("", *extras)):
        return ""
    requirement.marker = None
    return str(requirement)
