"""A new project: laid out aside, whole, and only then put in its place."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ecluse.loop.ci.files import Forge, path_of, text_of
from ecluse.manifest.read import read
from ecluse.model.problem import Place, Problem, ProblemError
from ecluse.model.template import Answers, Kind, package_of, why_not
from ecluse.model.values import frozen
from ecluse.ports.founding import Founder
from ecluse.ports.templates import Templates

MANIFEST = "ecluse.toml"
FIRST = "feat: begin with the template for {kind}"
ASIDE = ".{name}.new-{pid}"


@frozen
class NewProject:
    """What a person wants. `folder` is where; its name is that of the project."""

    folder: Path
    kind: Kind
    description: str
    year: int
    port: int
    version: str = ""
    """Of the template; empty: the newest."""
    forges: tuple[Forge, ...] = (Forge.GITHUB,)
    """Whose CI gets a file."""


@frozen
class Founded:
    folder: Path
    kind: Kind
    version: str
    files: tuple[str, ...]
    around: Path | None
    """A repository in which the new one lies."""


async def found(
    wanted: NewProject, templates: Templates, founder: Founder, say: Callable[[str], None], *, write: bool
) -> Founded:
    """Without `write` nothing stays. Whatever ends it before its end leaves nothing either."""
    require_fit(wanted)
    author = await founder.author(wanted.folder.parent)
    if not author:
        raise ProblemError(_nobody())
    version = await _chosen(wanted.version, templates)
    with aside(wanted.folder) as folder:
        await templates.lay_out(_answers(wanted, author), version, folder, say)
        render_ci(folder, wanted.forges)
        files = tuple(sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()))
        if write:
            await founder.found(folder, FIRST.format(kind=wanted.kind))
            put_in_place(folder, wanted.folder)
    around = next((up for up in wanted.folder.parents if (up / ".git").exists()), None)
    return Founded(folder=wanted.folder, kind=wanted.kind, version=version, files=files, around=around)


def require_fit(wanted: NewProject) -> None:
    """A name that won't do, a place that is taken, or none to put it in: ProblemError N002, N003, N004."""
    if reason := why_not(wanted.kind, wanted.folder.name):
        raise ProblemError(_misnamed(wanted, reason))
    if os.path.lexists(wanted.folder) and not (wanted.folder.is_dir() and not any(wanted.folder.iterdir())):
        raise ProblemError(_taken(wanted.folder))
    if not wanted.folder.parent.is_dir():
        raise ProblemError(_nowhere(wanted.folder.parent))


def render_ci(folder: Path, forges: Iterable[Forge]) -> None:
    """The workflow is made by this Écluse, not by the template: it names the version that runs it."""
    app = read(folder / MANIFEST, {})
    for forge in forges:
        if path := path_of(forge, app, "."):
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text_of(forge, app, "."), encoding="utf-8")


@contextmanager
def aside(target: Path) -> Iterator[Path]:
    """A folder beside the target, on the same file system, gone afterwards. What a killed one left goes too."""
    for left in target.parent.glob(ASIDE.format(name=target.name, pid="*")):
        if not _lives(left.name.rpartition("-")[2]):
            shutil.rmtree(left, ignore_errors=True)
    folder = target.parent / ASIDE.format(name=target.name, pid=os.getpid())
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def put_in_place(folder: Path, target: Path) -> None:
    """One move. An empty folder is there already: its own place is kept, for somebody may stand in it. One that
    somebody has filled meanwhile: ProblemError N003."""
    if not target.exists():
        try:
            folder.rename(target)
        except OSError as error:
            if error.errno in {errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR}:
                raise ProblemError(_taken(target)) from error
            raise
        return
    if any(target.iterdir()):
        raise ProblemError(_taken(target))
    parts = sorted(folder.iterdir())
    try:
        for part in parts:
            part.rename(target / part.name)
    except BaseException:
        for part in parts:
            if not os.path.lexists(part):
                (target / part.name).rename(part)
        raise


async def _chosen(version: str, templates: Templates) -> str:
    known = await templates.versions()
    if version and version not in known:
        raise ProblemError(unknown_version(version, known))
    return version or known[-1]


def _answers(wanted: NewProject, author: str) -> Answers:
    return Answers(
        kind=wanted.kind,
        name=wanted.folder.name,
        package=package_of(wanted.kind, wanted.folder.name),
        description=wanted.description or f"{wanted.folder.name}: {_WHAT[wanted.kind]}",
        author=author,
        year=wanted.year,
        port=wanted.port,
    )


_WHAT = {
    Kind.FASTAPI: "a web app",
    Kind.FLASK: "a web app",
    Kind.DJANGO: "a web app",
    Kind.WORKER: "background work",
    Kind.LIBRARY: "a library",
    Kind.CLI: "a command",
}


def _lives(pid: str) -> bool:
    return Path(f"/proc/{pid}").exists()


def unknown_version(version: str, known: tuple[str, ...]) -> Problem:
    return Problem(
        code="N011",
        what=f"there is no version {version} of the template here",
        evidence=(f"there are {', '.join(known)}",),
        state="nothing was changed",
        fix="name one of these; a later one comes with a later Écluse",
    )


def _misnamed(wanted: NewProject, reason: str) -> Problem:
    return Problem(
        code="N002",
        what=f"a project of the kind {wanted.kind} can't be called {wanted.folder.name!r}: {reason}",
        state="nothing was written",
        fix="choose another name: `ecluse new shop`",
    )


def _taken(folder: Path) -> Problem:
    return Problem(
        code="N003",
        where=Place(file=str(folder)),
        what="there is something here already",
        state="nothing was written",
        fix="choose another name, or an empty folder; a repository that is there is adopted by `ecluse init`",
    )


def _nowhere(folder: Path) -> Problem:
    return Problem(
        code="N004",
        where=Place(file=str(folder)),
        what="there is no such folder to put it in",
        state="nothing was written",
        fix=f"mkdir -p {folder}",
    )


def _nobody() -> Problem:
    return Problem(
        code="N005",
        what="git doesn't know in whose name the first commit should be",
        state="nothing was written",
        fix='git config --global user.name "Your Name" && git config --global user.email you@example.com',
    )
