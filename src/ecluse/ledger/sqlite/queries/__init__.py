"""The named queries: SQL lives in files, code calls it by name."""

from __future__ import annotations

from pathlib import Path

MARK = "-- name: "


def load() -> dict[str, str]:
    texts = (file.read_text(encoding="utf-8") for file in sorted(Path(__file__).parent.glob("*.sql")))
    parts = (part.partition("\n") for text in texts for part in text.split(MARK)[1:])
    return {name.strip(): sql.strip() for name, _, sql in parts}
