"""What was begun for a commit, looked for wherever it may stand."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.loop.release.store import Shelf, understood
from ecluse.model.app import App
from ecluse.model.events.event import Event
from ecluse.model.events.releases import ReleaseIntended, ReleasePublished
from ecluse.model.ids import Commit, Digest
from ecluse.model.intent import Intent
from ecluse.ports.world import World

WITHIN = 5000
"""Events of the ledger, newest first: a release that was begun longer ago stands in the store."""
PAGE = 500


async def intended(app: App, commit: Commit, shelf: Shelf, world: World) -> Intent | None:
    """From the shared store, from this machine's own, or by what the ledger says. Reads only: `Shelf.tell` says what
    counts."""
    intent = await shelf.intent(app.name, commit)
    if intent is not None:
        return intent
    for event in _recent(world):
        if isinstance(event, ReleaseIntended) and event.commit == commit and world.store.has(Digest(event.intent)):
            return understood(world.store.path(Digest(event.intent)).read_bytes(), app.name, commit)
    return None


def is_recorded(intent: Intent, world: World) -> bool:
    return any(isinstance(event, ReleaseIntended) and event.intent == intent.digest for event in _recent(world))


def is_published(intent: Intent, world: World) -> bool:
    return any(isinstance(event, ReleasePublished) and event.intent == intent.digest for event in _recent(world))


def unfinished(world: World) -> tuple[ReleaseIntended, ...]:
    """What this machine began and didn't end, newest first."""
    events = tuple(_recent(world))
    ended = {event.intent for event in events if isinstance(event, ReleasePublished)}
    return tuple(event for event in events if isinstance(event, ReleaseIntended) and event.intent not in ended)


def _recent(world: World) -> Iterator[Event]:
    before: int | None = None
    for _ in range(WITHIN // PAGE):
        page = world.ledger.newest(before=before, limit=PAGE)
        yield from (record.event for record in page)
        if len(page) < PAGE:
            return
        before = page[-1].number
