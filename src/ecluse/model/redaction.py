"""Secrets are masked on the stream, before any sink sees a byte.

Only the raw form of a secret is known here; more forms (encoded, quoted) are more patterns for the same `Mask`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

SHORTEST = 4
"""Shorter values aren't masked: they are too likely to be part of ordinary output."""
MASKED = b"[secret]"


def masked(data: bytes, secrets: Iterable[str]) -> bytes:
    """All of `data`, without a secret in it."""
    mask = Mask(secrets)
    return mask.feed(data) + mask.rest()


class Mask:
    """Replaces secrets in a stream that arrives in pieces; holds back no more than an unfinished match."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {secret.encode(errors="surrogateescape") for secret in secrets if len(secret) >= SHORTEST}
        self._forms = sorted(forms, key=len, reverse=True)
        self._pattern = re.compile(b"|".join(map(re.escape, self._forms))) if forms else None
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """What may be shown now."""
        if self._pattern is None:
            return data
        data = self._held + data
        shown, start = [], 0
        hold = self._unfinished(data, start)
        for match in self._pattern.finditer(data):
            if match.start() >= hold:  # a longer secret may begin here
                break
            shown += [data[start : match.start()], MASKED]
            start = match.end()
            if start > hold:
                hold = self._unfinished(data, start)
        self._held = data[hold:]
        return b"".join([*shown, data[start:hold]])

    def rest(self) -> bytes:
        """What was held back; the stream is over."""
        held, self._held = self._held, b""
        return self._pattern.sub(MASKED, held) if self._pattern else held

    def _unfinished(self, data: bytes, start: int) -> int:
        """Where the longest tail of `data` from `start` on that begins a secret lies; its end when none does."""
        longest = len(self._forms[0]) - 1 if self._forms else 0
        for at in range(max(start, len(data) - longest), len(data)):
            if any(len(form) > len(data) - at and form.startswith(data[at:]) for form in self._forms):
                return at
        return len(data)
