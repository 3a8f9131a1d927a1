"""Where rendered files lie, and whether they are what would be written now."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path, PurePosixPath

from ecluse.model.app import App
from ecluse.model.ids import Commit
from ecluse.model.problem import Place, Problem, ProblemError
from ecluse.model.values import frozen
from ecluse.model.verdict import Answer, Verdict
from ecluse.ports.source import Source
from ecluse.ports.world import World


class Forge(StrEnum):
    GITHUB = "github"
    GITLAB = "gitlab"


MARK = "Written by `ecluse ci {forge}`"
MOST = 40
"""Lines of a difference that are shown as evidence."""


@frozen
class Rendered:
    """A file that a forge reads. `path` counts from the repository's top, where `root` is."""

    forge: Forge
    root: Path
    path: str
    text: str
    old: str | None = None
    """What is there now; None: nothing."""

    @property
    def is_current(self) -> bool:
        return self.old == self.text

    @property
    def is_ours(self) -> bool:
        return self.old is not None and MARK.format(forge=self.forge) in self.old

    @property
    def difference(self) -> tuple[str, ...]:
        from difflib import unified_diff  # noqa: PLC0415  most files are current

        before, after = (self.old or "").splitlines(), self.text.splitlines()
        return tuple(unified_diff(before, after, f"a/{self.path}", f"b/{self.path}", n=1, lineterm=""))


async def rendered(forge: Forge, app: App, world: World) -> Rendered:
    """What `forge` should read, beside what it reads in the working tree.

    A forge that can't be told of an app in a folder: ProblemError E026.
    """
    _, folder = await world.source.around()
    path = path_of(forge, app, folder)
    if path is None:
        raise ProblemError(_one_file(app, folder))
    root = top(world.root, folder)
    return Rendered(forge=forge, root=root, path=path, text=text_of(forge, app, folder), old=_read(root / path))


async def file_verdicts(app: App, world: World, commit: Commit, *, dirty: bool) -> tuple[Verdict, ...]:
    """Of each file of ours that the commit, or the working tree, has: whether it is what would be written now."""
    whole, folder = await world.source.around()
    root = top(world.root, folder)
    found = []
    for forge in Forge:
        path = path_of(forge, app, folder)
        old = await _old(whole, commit, root, path, dirty=dirty) if path else None
        if path and old and MARK.format(forge=forge) in old:
            text = text_of(forge, app, folder)
            found.append(verdict_of(Rendered(forge=forge, root=root, path=path, text=text, old=old)))
    return tuple(found)


def verdict_of(file: Rendered) -> Verdict:
    name = f"ci {file.forge}"
    if file.is_current:
        return Verdict(gate=name, answer=Answer.PASSED, evidence=(f"{file.path} is current",), attempts=0)
    lines = file.difference
    more = (f"({len(lines) - MOST} lines more)",) if len(lines) > MOST else ()
    told = f"{file.path} is out of date: type `ecluse ci {file.forge}` and commit it [E024]"
    return Verdict(gate=name, answer=Answer.FAILED, evidence=(told, *lines[:MOST], *more), attempts=0)


def require_ours(file: Rendered) -> None:
    """Somebody's own file isn't written over: ProblemError E025."""
    if file.old is None or file.is_ours:
        return
    raise ProblemError(
        Problem(
            code="E025",
            what=f"{file.path} is there and wasn't written by `ecluse ci`",
            where=Place(file=file.path),
            state="nothing was written",
            fix=f"move it away, or type `ecluse ci {file.forge} --force` to replace it",
        )
    )


def top(root: Path, folder: str) -> Path:
    """The repository's, where `root` is `folder` of it."""
    return root if folder == "." else root.parents[len(PurePosixPath(folder).parts) - 1]


def path_of(forge: Forge, app: App, folder: str) -> str | None:
    """Where the forge looks for it, from the top; None where it can't have one for an app in that folder."""
    if forge is Forge.GITHUB:
        return f".github/workflows/ecluse{'' if folder == '.' else f'-{app.name}'}.yml"
    return ".gitlab-ci.yml" if folder == "." else None


def text_of(forge: Forge, app: App, folder: str) -> str:
    if forge is Forge.GITHUB:
        from ecluse.loop.ci import github  # noqa: PLC0415  most commands render nothing

        return github.render(app, header(forge), folder)
    from ecluse.loop.ci import gitlab  # noqa: PLC0415

    return gitlab.render(app, header(forge))


async def _old(whole: Source, commit: Commit, root: Path, path: str, *, dirty: bool) -> str | None:
    if dirty:
        return _read(root / path)
    content = await whole.read(commit, path)
    return None if content is None else content.decode(errors="replace")


def _read(file: Path) -> str | None:
    return file.read_text(encoding="utf-8", errors="replace") if file.is_file() else None


def _one_file(app: App, folder: str) -> Problem:
    return Problem(
        code="E026",
        what=f"GitLab reads one file, and {app.name} lies in the folder {folder}",
        fix="write `.gitlab-ci.yml` by hand: a job for each step that runs `ecluse run STEP --only`",
    )


def header(forge: Forge) -> tuple[str, ...]:
    return (
        f"{MARK.format(forge=forge)} from [steps], [environments] and [ci] of the manifest.",
        "Don't edit: change the manifest and write it again. `ecluse check` compares.",
    )
