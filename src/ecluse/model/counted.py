"""A number of things, or of bytes, in words."""

from __future__ import annotations


def counted(number: int, thing: str) -> str:
    """`1 request`, `2 requests`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


UNITS = ("B", "kB", "MB", "GB", "TB")
STEP = 1000


def sized(number: int) -> str:
    """`812 B`, `24.0 kB`, `3.1 MB`: a kB is 1,000 bytes."""
    amount, unit = float(number), 0
    while round(amount, 1) >= STEP and unit < len(UNITS) - 1:
        amount, unit = amount / STEP, unit + 1
    return f"{amount:.1f} {UNITS[unit]}" if unit else f"{number} {UNITS[0]}"
