"""The checked manifest, kept beside the ledger: a command on an unchanged file costs neither pydantic nor checks.

An entry is named by the file's bytes and this tool's version, and says which variables it depends on, by digest. It is
JSON and is read with suspicion: what doesn't fit is made again.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ecluse import __version__
from ecluse.manifest.find import Found, find
from ecluse.model.frozen import app_from_json, app_to_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from ecluse.model.app import App

_KEPT = 8
"""Entries kept: a few branches' worth."""


def load(where: Path, env: Mapping[str, str], home: Path) -> App:
    """Like `read`, but remembers below `home`. A cache that can't be written is no error."""
    return load_found(find(where), env, home)


def load_found(found: Found, env: Mapping[str, str], home: Path) -> App:
    """As `load`, for a manifest that was found already."""
    entry = home / "cache" / "manifest" / f"{_name(found)}.json"
    return _remembered(entry, env) or _read(found, env, entry)


def _name(found: Found) -> str:
    head = json.dumps([__version__, found.path.name, found.table]).encode()
    return hashlib.sha256(head + b"\n" + found.data).hexdigest()


def _remembered(entry: Path, env: Mapping[str, str]) -> App | None:
    try:
        kept = json.loads(entry.read_bytes())
        return app_from_json(kept["app"]) if kept["variables"] == _digests(kept["variables"], env) else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _read(found: Found, env: Mapping[str, str], entry: Path) -> App:
    from ecluse.manifest.document import document_of  # noqa: PLC0415  costs tomllib

    document_of(found)  # what is no TOML is told at once
    from ecluse.manifest.read import parse  # noqa: PLC0415  costs pydantic

    app, used = parse(found, env)
    _remember(entry, {"variables": _digests(used, env), "app": app_to_json(app, brief=True)})
    return app


def _digests(names: Iterable[str], env: Mapping[str, str]) -> dict[str, str | None]:
    """Values may be secret: their digests do."""
    return {
        name: hashlib.sha256(env[name].encode(errors="surrogateescape")).hexdigest() if name in env else None
        for name in sorted(names)
    }


def _remember(entry: Path, content: Any) -> None:
    """Whole or not at all; readers may come at any time."""
    fresh = entry.with_suffix(f".{os.getpid()}")
    try:
        entry.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(json.dumps(content))
        fresh.chmod(0o600)
        fresh.rename(entry)
        _prune(entry.parent)
    except OSError:
        with suppress(OSError):
            fresh.unlink()


def _prune(folder: Path) -> None:
    newest = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in newest[_KEPT:]:
        path.unlink(missing_ok=True)
