"""All that is known of a repository's releases, whatever the clone at hand lacks of it."""

from __future__ import annotations

from pathlib import Path

from ecluse.model.app import App
from ecluse.model.ids import Commit
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.ports.remote import Remote
from ecluse.ports.source import Source, Tag
from ecluse.ports.world import World


async def tags_there(app: App, world: World, *, required: bool) -> tuple[Remote | None, tuple[Tag, ...]]:
    """The remote with its tags, or None where the repository has none. One that a release is to be pushed to and isn't
    there: ProblemError R017. One that can't be asked is a note where it isn't `required`."""
    name = app.release.pushed_to or "origin"
    remote = world.outlets.remote(name)
    if not await remote.address():
        if app.release.pushed_to and required:
            raise ProblemError(_no_remote(name))
        return None, ()
    try:
        return remote, await remote.tags(app.release.tag_prefix)
    except ProblemError as error:
        if required or await world.source.is_shallow():
            raise
        world.reporter.note(f"! {error}: this counts by what is known here")
        return None, ()


async def whole(
    app: App, world: World, commit: Commit, remote: Remote | None, there: tuple[Tag, ...], folder: Path
) -> Source:
    """The repository itself, or, where it is shallow or lacks tags of the remote's, a view made in `folder`."""
    if remote is None:
        return world.source
    known = {tag.name for tag in await world.source.tags(commit, app.release.tag_prefix)}
    if not await world.source.is_shallow() and {tag.name for tag in there} <= known:
        return world.source
    return await remote.history(commit, folder)


def _no_remote(name: str) -> Problem:
    return Problem(
        code="R017",
        what=f"there is no git remote '{name}' to push the tag to",
        state="nothing was tagged or published",
        fix=f"git remote add {name} ADDRESS; or name another one: `[release] remote`",
        exit=Exit.REFUSED,
    )
