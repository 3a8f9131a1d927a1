"""TOML that others wrote: what is broken, or of another shape, is as good as not there."""

from __future__ import annotations

import tomllib
from typing import Any


def document(text: str | None) -> dict[str, Any]:
    try:
        return tomllib.loads(text or "")
    except tomllib.TOMLDecodeError:
        return {}


def at(found: Any, *keys: str) -> Any:
    """What stands there; None where nothing does."""
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found
