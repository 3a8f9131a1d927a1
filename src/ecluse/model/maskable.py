"""What can be masked of what is printed."""

from __future__ import annotations

from dataclasses import dataclass

SHORTEST = 4
"""Characters. Shorter values aren't masked: they are too likely to be part of ordinary output."""


@dataclass(frozen=True, slots=True)
class Form:
    """What is looked for. One byte before and after belongs to it if it is one of those: in a longer base64 text the
    first and the last character share their bits with what isn't secret."""

    core: bytes
    before: bytes = b""
    after: bytes = b""


def is_maskable(secret: str) -> bool:
    """By what is left without the space around it, which may be lost on the way."""
    return len(secret.strip()) >= SHORTEST
