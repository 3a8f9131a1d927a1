"""The bundle of a release that was begun: what is deployed is what was released."""

from __future__ import annotations

from ecluse.loop.code.workplace import workplace
from ecluse.loop.release.store import Shelf
from ecluse.model.app import App
from ecluse.model.artifact import Bundle
from ecluse.model.ids import Commit
from ecluse.model.problem import ProblemError
from ecluse.ports.world import World


async def released_bundle(app: App, commit: Commit, world: World) -> Bundle | None:
    """All of it in this machine's content store; None where nobody began a release of the commit. A store that can't be
    asked is no reason not to ship, and is said: an environment that takes only what is signed asks it again."""
    try:
        shelf = Shelf.of(app.release, world)
        intent = await shelf.intent(app.name, commit)
        if intent is None:
            return None
        with workplace(world.home, world.ids.new("release")) as place:
            return await shelf.fetch_bundle(intent, place.folder)
    except ProblemError as error:
        world.reporter.note(f"! {error}: this ships what is built here")
        return None
