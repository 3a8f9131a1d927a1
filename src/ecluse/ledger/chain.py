"""The hash chain: what is hashed, and how an edit shows.

Each event is written once as canonical bytes; its hash covers those bytes and the hash before it. The bytes are kept
as they were hashed, so that no column type can round a time or reorder a key and break the chain.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime

from ecluse.model.events.event import Event
from ecluse.model.events.reading import from_json, named
from ecluse.model.values import frozen
from ecluse.ports.ledger import Record, Verification

GENESIS = ""
"""What stands before the first event."""
_TEXT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True)


@frozen
class Link:
    """An event as it is stored."""

    number: int
    environment: str
    canonical: bytes
    previous: str
    hash: str


def forge(previous: str, *, number: int, at: datetime, actor: str, event: Event) -> Link:
    kind, data = named(event)
    document = {"actor": actor, "at": at.isoformat(), "data": data, "kind": kind, "number": number}
    # Evidence may name a file whose name is no text.
    canonical = _TEXT.encode(document).encode("utf-8", "surrogatepass")
    return Link(
        number=number,
        environment=event.environment,
        canonical=canonical,
        previous=previous,
        hash=digest(previous, canonical),
    )


def digest(previous: str, canonical: bytes) -> str:
    return hashlib.sha256(previous.encode() + b"\n" + canonical).hexdigest()


def kept(link: Link, *, at: datetime, actor: str, event: Event) -> Record:
    """What `read` finds in the link that was forged of these."""
    return Record(number=link.number, at=at, actor=actor, event=event, previous=link.previous, hash=link.hash)


def read(link: Link) -> Record:
    """Raises ValueError, KeyError or TypeError when the bytes are no event."""
    document = json.loads(link.canonical)
    return Record(
        number=link.number,
        at=datetime.fromisoformat(document["at"]),
        actor=document["actor"],
        event=from_json(document["kind"], document["data"]),
        previous=link.previous,
        hash=link.hash,
    )


def follow(links: Iterable[Link], *, events: int, head: str) -> Verification:
    """Walk the chain from its start; `events` and `head` are what the head row says."""
    number, previous = 0, GENESIS
    for link in links:
        number += 1
        if why := _broken(link, number, previous):
            return Verification(ok=False, events=events, head=head, broken_at=number, why=why)
        previous = link.hash
    if number < events:
        why = f"the head names {events} events, the last one here is {number}: the tail was cut"
        return Verification(ok=False, events=events, head=head, broken_at=number + 1, why=why)
    if (number, previous) != (events, head):
        why = f"the head names event {events}, but the chain ends with {number}"
        return Verification(ok=False, events=events, head=head, broken_at=number, why=why)
    return Verification(ok=True, events=number, head=head)


def _broken(link: Link, number: int, previous: str) -> str:
    if link.number != number:
        return f"event {number} is missing"
    if link.previous != previous:
        return f"event {number} doesn't follow the event before it"
    if link.hash != digest(previous, link.canonical):
        return f"event {number} was edited"
    try:
        record = read(link)
    except (ValueError, KeyError, TypeError):
        return f"event {number} can't be read"
    if record.event.environment != link.environment:
        return f"event {number} was filed under another environment"
    return ""
