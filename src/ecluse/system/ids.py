"""Fresh names that sort by the time they were made."""

from __future__ import annotations

import secrets
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32, in the order of ASCII
_TIME_DIGITS = 9
_RANDOM_DIGITS = 6


class SystemIds:
    """Fills ports.ids.Ids: milliseconds in 9 digits, then 30 random bits; never the same or smaller twice in a row."""

    def __init__(self) -> None:
        self._last = 0

    def new(self, prefix: str) -> str:
        self._last = max(self._last + 1, time.time_ns() // 1_000_000)
        return f"{prefix}-{_digits(self._last, _TIME_DIGITS)}{_digits(secrets.randbits(30), _RANDOM_DIGITS)}"


def _digits(number: int, length: int) -> str:
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(length)))
