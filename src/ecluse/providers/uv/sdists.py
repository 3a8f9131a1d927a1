"""A source distribution without the time and the user of its making."""

from __future__ import annotations

import gzip
import tarfile
from pathlib import Path


def steady(path: Path, moment: int) -> None:
    """Pack it again: members by name, at `moment` (seconds), of nobody. Most backends leave the time of day in there,
    SOURCE_DATE_EPOCH or not; what unpacks it sees the same files."""
    fresh = path.with_name(f".{path.name}")
    with (
        tarfile.open(path, "r:gz") as old,
        fresh.open("wb") as raw,
        gzip.GzipFile("", "wb", fileobj=raw, mtime=moment) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as new,
    ):
        for member in sorted(old.getmembers(), key=lambda one: one.name):
            content = old.extractfile(member) if member.isreg() else None
            member.mtime, member.uid, member.gid, member.uname, member.gname = moment, 0, 0, "", ""
            member.pax_headers = {}
            new.addfile(member, content)
    fresh.replace(path)
