"""Small files, JSON most of them, that are replaced whole or not at all."""

import contextlib
import json
import os
from typing import Any, Dict, Optional


def write(path: str, content: Dict[str, Any], *, durable: bool = True) -> None:
    """Replace `path`. `durable` puts it on disk before the return."""
    replace(path, json.dumps(content).encode("utf-8"), flush=durable)


def replace(path: str, data: bytes, *, flush: bool) -> None:
    """The old bytes or the new ones, for the owner alone; on disk with `flush`: file, rename, folder (fsync(2)).

    One process writes a path at a time: what a crash left half written is overwritten by the next."""
    fresh = path + ".new"
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            if flush:
                os.fsync(descriptor)
        os.rename(fresh, path)
    except OSError:
        remove(fresh)
        raise
    if flush:
        flush_folder(os.path.dirname(path))


def read(path: str) -> Optional[Dict[str, Any]]:
    """None when there is no such file or it isn't a JSON object: observation then says what is true."""
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def remove(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def flush_folder(path: str) -> None:
    descriptor = os.open(path or ".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
