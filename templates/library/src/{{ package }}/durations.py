"""Durations as people write them: `90s`, `1h 30m`. Put your own work in this place."""

import re
from datetime import timedelta

UNITS = {
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
}
_PART = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([dhms])\s*")


def parse_duration(text: str) -> timedelta:
    """ValueError, which quotes the text, for what is no duration. Each unit counts once."""
    found: dict[str, float] = {}
    end = 0
    while part := _PART.match(text, end):
        number, unit = part.groups()
        if unit in found:
            raise ValueError(f"{unit!r} stands twice in {text!r}")
        found[unit], end = float(number), part.end()
    if not found or end != len(text):
        raise ValueError(f"{text!r} is no duration such as '1h 30m'")
    try:
        return sum((UNITS[unit] * number for unit, number in found.items()), timedelta())
    except OverflowError:
        raise ValueError(f"{text!r} is longer than a duration can be") from None


def format_duration(duration: timedelta) -> str:
    """The shortest text that `parse_duration` reads as the same, to the second."""
    left = round(duration.total_seconds())
    if left < 0:
        raise ValueError("a duration isn't negative")
    parts = []
    for unit, length in UNITS.items():
        number, left = divmod(left, int(length.total_seconds()))
        if number:
            parts.append(f"{number}{unit}")
    return " ".join(parts) or "0s"
