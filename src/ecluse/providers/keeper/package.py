"""The keeper's program, packed from our own sources and named by its digest."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from ecluse.system.files import write_atomically
from ecluse.wire.archive import zipapp

PACKAGES = ("ecluse.keeper", "ecluse.keeper.services", "ecluse.serving", "ecluse.wire")


def keeper_zipapp(cache: Path) -> tuple[Path, str]:
    """The archive in `cache` and its version, the SHA-256 of its bytes. The same sources give the same bytes."""
    archive, version = _packed()
    path = cache / f"keeper-{version}.pyz"
    if not path.exists():
        write_atomically(path, archive)
    return path, version


@cache
def _packed() -> tuple[bytes, str]:
    """Once for all hosts of a command."""
    archive = zipapp("ecluse.keeper", PACKAGES, keeps_bytecode=True)
    return archive, hashlib.sha256(archive).hexdigest()
