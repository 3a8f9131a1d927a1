"""A cut tail of the ledger shows only against something outside of it: a release's tag says where the chain stood."""

from __future__ import annotations

from ecluse.ports.ledger import Ledger

TRAILER = "Ledger-Head"


def anchored(message: str, ledger: Ledger) -> str:
    """`message` with the trailer `Ledger-Head: NUMBER:HASH` (git-interpret-trailers(1)), if there is an event."""
    newest = ledger.newest(limit=1)
    if not newest:
        return message
    return f"{message.rstrip()}\n\n{TRAILER}: {newest[0].number}:{newest[0].hash}\n"


def holds(anchor: str, ledger: Ledger) -> bool:
    """Whether the event that `NUMBER:HASH` names is in the ledger, with that hash. ValueError when it names none."""
    number, _, digest = anchor.partition(":")
    found = next(ledger.events(after=int(number) - 1, limit=1), None)
    return found is not None and (found.number, found.hash) == (int(number), digest)
