"""Durations and sizes as people write them."""

from __future__ import annotations

import re
from datetime import timedelta

_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_WHOLE = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+")
_UNITS = {
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
}
_SIZE = re.compile(r"(\d+)([KMGT]?)(?:i?B)?")
_POWERS: dict[str, int] = {unit: 1024**power for power, unit in enumerate(["", "K", "M", "G", "T"])}


def duration(value: str | float) -> timedelta:
    """`"30s"`, `"1h30m"`, `"200ms"`, or a number of seconds. ValueError on anything else."""
    try:
        if not isinstance(value, str):
            return _not_negative(value)
        if not _WHOLE.fullmatch(value):
            raise ValueError(f"{value!r} is no duration")
        return sum((float(amount) * _UNITS[unit] for amount, unit in _PART.findall(value)), timedelta())
    except OverflowError as error:
        raise ValueError(f"{value!r} is longer than a duration can be") from error


def _not_negative(seconds: float) -> timedelta:
    if seconds < 0:
        raise ValueError(f"{seconds} is no duration: time doesn't run backwards")
    return timedelta(seconds=seconds)


def duration_text(span: timedelta) -> str:
    """The shortest text that `duration` reads back as `span`."""
    if not span:
        return "0s"
    parts = []
    for unit, size in _UNITS.items():
        count, span = divmod(span, size)
        parts.append(f"{count}{unit}" if count else "")
    if span:
        parts.append(f"{span / _UNITS['ms']:.3f}ms")
    return "".join(parts)


def size(value: str | int) -> int:
    """`"512M"`, `"2G"`, in powers of 1024, or a number of bytes. ValueError on anything else."""
    if not isinstance(value, str):
        return value
    match = _SIZE.fullmatch(value)
    if not match:
        raise ValueError(f"{value!r} is no size")
    count, unit = match.groups()
    return int(count) * _POWERS[unit]


def size_text(count: int) -> str:
    """The shortest text that `size` reads back as `count`."""
    unit = max((unit for unit, power in _POWERS.items() if count % power == 0), key=_POWERS.__getitem__)
    return f"{count // _POWERS[unit]}{unit}" if count else "0"
