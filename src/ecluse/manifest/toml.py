"""Values as they are written in the manifest, on one line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from ecluse.manifest.amounts import duration_text
from ecluse.manifest.fault import dotted


def toml(value: Any) -> str:
    """`value` as TOML. A duration is text."""
    if isinstance(value, timedelta):
        return toml(duration_text(value))
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{dotted((name,))} = {toml(part)}" for name, part in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(toml(part) for part in value)}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
