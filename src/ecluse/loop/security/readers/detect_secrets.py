"""What loop/security/detecting prints: detect-secrets' JSON, and what it gave up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ecluse.loop.security.readers.reading import Printed, UnreadableError


@dataclass(frozen=True, slots=True)
class Secretive:
    """A line that looks like a secret. `hashed` is a SHA-1 that detect-secrets makes of it; the secret itself is
    nowhere."""

    kind: str
    line: int
    hashed: str


@dataclass(frozen=True, slots=True)
class Seen:
    """In one file. `missed` is why it wasn't looked at to its end; what is binary isn't looked at by design."""

    found: tuple[Secretive, ...] = ()
    missed: str = ""
    is_binary: bool = False


NOTHING = Seen()
BINARY = Seen(is_binary=True)


def read(printed: Printed) -> Mapping[str, Seen]:
    """By file, of those of which there is something to tell."""
    document = printed.document(dict)
    try:
        results, missed = document["results"], document["missed"]
        return {
            path.removeprefix("./"): Seen(tuple(map(_secretive, results.get(path, ()))), str(missed.get(path, "")))
            for path in {**results, **missed}
        }
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnreadableError(f"its report lacks something: {error}") from error


def _secretive(one: Mapping[str, Any]) -> Secretive:
    return Secretive(one["type"], int(one["line_number"]), one["hashed_secret"])
