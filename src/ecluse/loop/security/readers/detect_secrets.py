"""detect-secrets' JSON (`detect-secrets scan`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ecluse.loop.security.readers.reading import Printed, UnreadableError


@dataclass(frozen=True, slots=True)
class Secretive:
    """A line that looks like a secret. `hashed` is a SHA-1 that detect-secrets makes of it; the secret itself is
    nowhere."""

    kind: str
    line: int
    hashed: str


def read(printed: Printed) -> Mapping[str, tuple[Secretive, ...]]:
    """By file, as it was named."""
    document = printed.document(dict)
    try:
        return {
            path: tuple(Secretive(one["type"], int(one["line_number"]), one["hashed_secret"]) for one in found)
            for path, found in document["results"].items()
        }
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnreadableError(f"its report lacks something: {error}") from error
