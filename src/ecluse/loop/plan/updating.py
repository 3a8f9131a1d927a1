"""A later template merged into a project that was made from an earlier one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from packaging.version import Version

from ecluse.loop.ci.files import Forge, Rendered, path_of, text_of, top
from ecluse.loop.plan.founding import MANIFEST, unknown_version
from ecluse.manifest.read import read
from ecluse.model.problem import Problem, ProblemError
from ecluse.model.template import Changed, How
from ecluse.model.values import frozen
from ecluse.ports.source import Source
from ecluse.ports.templates import Templates


@frozen
class Updated:
    """`notes` say what is better, `changes` are none where the project has that version already."""

    before: str
    after: str
    notes: tuple[str, ...] = ()
    changes: tuple[Changed, ...] = ()

    @property
    def conflicts(self) -> tuple[str, ...]:
        return tuple(one.path for one in self.changes if one.how is How.CONFLICT)


async def update(
    project: Path, version: str, templates: Templates, source: Source, say: Callable[[str], None], *, write: bool
) -> Updated:
    """To `version`; empty: the newest. Without `write` it says what would be."""
    before, known = templates.version_of(project), await templates.versions()
    after = version or known[-1]
    for one in (before, after):
        if one not in known:
            raise ProblemError(unknown_version(one, known))
    if Version(after) < Version(before):
        raise ProblemError(_backwards(before, after))
    if after == before:
        return Updated(before=before, after=after)
    if await source.is_dirty():
        raise ProblemError(_dirty())
    head = await source.resolve("HEAD")
    changes = await templates.merge(project, source, head, after, write=write, say=say)
    if write:
        changes = (*changes, *[Changed(path=path, how=How.CHANGED) for path in await _render_ci(project, source)])
    return Updated(before=before, after=after, notes=await templates.notes(before, after), changes=changes)


async def _render_ci(project: Path, source: Source) -> tuple[str, ...]:
    """The workflows that `ecluse ci` wrote, of the manifest as it is now. One with conflicts in it has none yet."""
    _, folder = await source.around()
    try:
        app = read(project / MANIFEST, {})
    except ProblemError:
        return ()
    root, found = top(project, folder), []
    for forge in Forge:
        path = path_of(forge, app, folder)
        if not path or not (root / path).is_file():
            continue
        old = (root / path).read_text(encoding="utf-8", errors="replace")
        file = Rendered(forge=forge, root=root, path=path, text=text_of(forge, app, folder), old=old)
        if file.is_ours and not file.is_current:
            (root / path).write_text(file.text, encoding="utf-8")
            found.append(path)
    return tuple(found)


def _dirty() -> Problem:
    return Problem(
        code="N012",
        what="there are changes that aren't committed",
        state="nothing was changed",
        fix="commit or stash them: an update of a clean tree can be looked at, and taken back",
    )


def _backwards(before: str, after: str) -> Problem:
    return Problem(
        code="N013",
        what=f"the project is at {before} of the template, and {after} is older",
        state="nothing was changed",
        fix="git has what it was: revert the commit of the update",
    )
