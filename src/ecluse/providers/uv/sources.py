"""Where a repository says what it needs, and the question for the resolver that follows from it. Pure."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field, replace
from enum import StrEnum
from pathlib import PurePosixPath
from posixpath import normpath
from typing import Any

from packaging.utils import canonicalize_name

from ecluse.model.app import Build
from ecluse.model.inclusion import included
from ecluse.model.problem import Exit, Place, Problem, ProblemError
from ecluse.model.values import frozen
from ecluse.providers.uv import foreign, indexes, toml
from ecluse.providers.uv.indexes import NONE, Indexed
from ecluse.providers.uv.lock import Vouched

Read = Callable[[str], str | None]


class Kind(StrEnum):
    """Which files decide."""

    UV_LOCK = "uv.lock"
    POETRY_LOCK = "poetry.lock"
    PDM_LOCK = "pdm.lock"
    PIPFILE_LOCK = "Pipfile.lock"
    PROJECT = "pyproject.toml"
    POETRY = "pyproject.toml of poetry"
    PIPFILE = "Pipfile"
    METADATA = "the built project's metadata"
    FILES = "requirement files"
    NOTHING = "nothing"


USUAL_FILES = (
    "requirements.txt",
    "requirements/production.txt",
    "requirements/prod.txt",
    "requirements/base.txt",
    "requirements/common.txt",
    "requirements/main.txt",
    "requirements/requirements.txt",
    "requirements.in",
)

LOCKS = (Kind.UV_LOCK, Kind.POETRY_LOCK, Kind.PDM_LOCK, Kind.PIPFILE_LOCK)


@frozen
class Question:
    """What the resolver is asked.

    `inputs` are files of the tree, `lines` further requirements, `pins` versions that bind whatever is reached.
    `exact` says that all is listed and nothing is to be added. `direct` are names that a lock must know, `without`
    names that count as not asked for, whoever asks.
    """

    kind: Kind
    inputs: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    pins: tuple[str, ...] = ()
    vouched: Vouched = field(default_factory=dict)
    exact: bool = False
    direct: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    indexed: Indexed = NONE
    """Packages that come from an index of their own."""


def kind_of(read: Read, build: Build) -> Kind:
    """The manifest's word first, then a lock, then what the project declares, then requirement files."""
    if build.requirements:
        return Kind.FILES
    if build.locked and (lock := next((kind for kind in LOCKS if read(kind) is not None), None)):
        return lock
    return _declared(read)


def _declared(read: Read) -> Kind:
    document = _pyproject(read)
    project, files = document.get("project"), any(read(name) is not None for name in USUAL_FILES)
    if project is not None and "dependencies" in project.get("dynamic", ()):
        return Kind.METADATA
    if project is not None and ("dependencies" in project or not files):
        return Kind.PROJECT
    if foreign.poetry_table(document):
        return Kind.POETRY
    if read("Pipfile") is not None:
        return Kind.PIPFILE
    if _declares_in_setup(read) or (not files and read("setup.py") is not None):
        return Kind.METADATA
    return Kind.FILES if files else Kind.NOTHING


def question(read: Read, build: Build, python: str, *, tests: bool) -> Question:
    """What to ask for the app, with its tests or without. For uv.lock and built metadata the caller adds `lines`."""
    extras = (*build.extras, *(build.test_extras if tests else ()))
    groups = (*build.groups, *(build.test_groups if tests else ()))
    asked = replace(_asked(read, build, python, extras=extras, groups=groups), without=build.without)
    more = (*build.add, *(_plain(build.test_requirements, read) if tests else ()))
    files = _files(build.test_requirements, read) if tests else ()
    if not more and not files:
        return asked
    return replace(asked, inputs=(*asked.inputs, *files), lines=(*asked.lines, *more), exact=False)


def reads(read: Read, asked: Question) -> dict[str, str]:
    """The text of everything of the project's own that can change the answer, by path."""
    names = (
        "pyproject.toml",
        "setup.py",
        "setup.cfg",
        "uv.lock",
        "poetry.lock",
        "pdm.lock",
        "Pipfile",
        "Pipfile.lock",
        "uv.toml",
    )
    chain = [name for start in asked.inputs for name in requirement_chain(read, start)]
    texts = {name: read(name) for name in dict.fromkeys((*names, *chain))}
    return {name: text for name, text in texts.items() if text is not None}


def asked_at(read: Read, asked: Question, name: str) -> Place | None:
    """Where a package is asked for, None where no line of what was read begins with it."""
    line = re.compile(rf"[\s\"'\[]*{re.sub('[-_.]+', '[-_.]+', name)}\b", re.IGNORECASE)
    for file, text in reads(read, asked).items():
        if found := next((number for number, one in enumerate(text.splitlines(), 1) if line.match(one)), 0):
            return Place(file=file, line=found)
    return None


def require_known(asked: Question) -> None:
    """A lock that lacks what its manifest asks for, by name: ProblemError B010."""
    listed = (line for line in asked.lines if "==" in line or (asked.kind is Kind.PIPFILE_LOCK and " @ " in line))
    pinned = {*asked.vouched, *foreign.names(line.split(" ; ")[0] for line in (*asked.pins, *listed))}
    missing = [name for name in asked.direct if name not in pinned]
    if missing and asked.kind in LOCKS:
        raise ProblemError(
            Problem(
                code="B010",
                what=f"{asked.kind} doesn't match the manifest beside it",
                where=Place(file=asked.kind),
                evidence=tuple(f"asked for, not in the lock: {name}" for name in missing),
                state="nothing was installed",
                fix=f"make {asked.kind} anew with its tool, and commit it",
                exit=Exit.REFUSED,
            )
        )


def require_files(read: Read, build: Build) -> None:
    """A requirement file that the manifest names and the tree lacks: ProblemError B015."""
    missing = [name for name in build.requirements if read(name) is None]
    if missing:
        raise ProblemError(
            *(
                Problem(
                    code="B015",
                    what=f"build.requirements names {name}, which the commit doesn't have",
                    fix=f"commit {name}, or name another file; a package itself belongs into such a file, or into "
                    "build.test_requirements",
                )
                for name in missing
            )
        )


def requirement_chain(read: Read, start: str) -> tuple[str, ...]:
    """The file and those that it includes by `-r` and `-c`, each once."""
    found: dict[str, None] = {}
    waiting = [start]
    while waiting:
        name = waiting.pop(0)
        if name in found or (text := read(name)) is None:
            continue
        found[name] = None
        others = (included(line, constraints=True) for line in text.splitlines())
        waiting += [_beside(name, other) for other in others if other]
    return tuple(found)


def has_tests(build: Build) -> bool:
    return bool(build.test_requirements or build.test_extras or build.test_groups)


def builds_project(read: Read) -> bool:
    """Whether the repository declares how it is built into a package."""
    document = _pyproject(read)
    tool = document.get("tool", {})
    if tool.get("uv", {}).get("package") is False or tool.get("poetry", {}).get("package-mode") is False:
        return False
    return read("setup.py") is not None or ("build-system" in document and _has_name(document, read))


def _has_name(document: Mapping[str, Any], read: Read) -> bool:
    """A pyproject.toml with nothing but a build system and tools is no package."""
    return (
        "project" in document
        or bool(foreign.poetry_table(document))
        or any(read(name) is not None for name in ("setup.cfg", "setup.py"))
        or "flit" in document.get("tool", {})
    )


def _asked(read: Read, build: Build, python: str, *, extras: tuple[str, ...], groups: tuple[str, ...]) -> Question:
    kind = kind_of(read, build)
    if kind is Kind.FILES:
        return _of_files(read, build)
    if kind in {Kind.POETRY, Kind.POETRY_LOCK, Kind.PDM_LOCK}:
        return _of_poetry_or_pdm(kind, read, python, extras, groups)
    if kind in {Kind.PIPFILE, Kind.PIPFILE_LOCK}:
        return _of_pipenv(kind, read, dev="dev-packages" in groups)
    return _of_project(kind, read, extras, groups)


def _of_poetry_or_pdm(
    kind: Kind, read: Read, python: str, extras: tuple[str, ...], groups: tuple[str, ...]
) -> Question:
    document, is_locked = _pyproject(read), kind in LOCKS
    lines = (
        *foreign.poetry_lines(document, extras, groups, locked=is_locked),
        *foreign.project_lines(document, extras, groups),
    )
    with _readable(kind):
        lock = tomllib.loads(read(kind) or "") if is_locked else {}
        pins, vouched = foreign.pins(lock, python) if is_locked else ((), {})
    names = [name for line in lines if (name := indexes.name_of(line))]
    known = indexes.of_pdm(document, names) if kind is Kind.PDM_LOCK else indexes.of_poetry(document)
    locked = indexes.of_poetry_lock(lock)
    reached = indexes.reached(lock, names) - set(names)
    more = tuple(pin for pin in pins if (name := indexes.name_of(pin)) in reached and name in locked.of)
    return Question(
        kind=kind,
        lines=(*lines, *more),
        pins=pins,
        vouched=vouched,
        direct=foreign.names(lines),
        indexed=Indexed({**known.of, **locked.of}),
    )


@contextmanager
def _readable(kind: Kind) -> Iterator[None]:
    """What isn't a lock, or has something in it that isn't a version: ProblemError B010."""
    try:
        yield
    except ValueError as error:
        raise ProblemError(
            Problem(
                code="B010",
                what=f"{kind} can't be read: {error}",
                where=Place(file=kind),
                state="nothing was installed",
                fix=f"make {kind} anew with its tool, and commit it",
                exit=Exit.REFUSED,
            )
        ) from error


def _of_pipenv(kind: Kind, read: Read, *, dev: bool) -> Question:
    """Their lock lists everything, so nothing is left to resolve."""
    manifest = toml.document(read("Pipfile"))
    if kind is Kind.PIPFILE:
        lines = foreign.pipfile_lines(manifest, dev=dev)
        return Question(kind=kind, lines=lines, indexed=indexes.of_pipfile(manifest))
    with _readable(kind):
        lines, vouched = foreign.pipfile_lock(read("Pipfile.lock") or "", with_tests=dev)
    return Question(
        kind=kind,
        lines=lines,
        vouched=vouched,
        exact=True,
        direct=foreign.pipfile_names(manifest),
        indexed=indexes.of_pipfile(manifest),
    )


def _of_project(kind: Kind, read: Read, extras: tuple[str, ...], groups: tuple[str, ...]) -> Question:
    """uv reads the standard tables itself; groups that stand in other tables are said to it line by line."""
    if kind is Kind.UV_LOCK:
        return Question(kind=kind, extras=extras, groups=groups, exact=True)
    document = _pyproject(read)
    own = tuple(name for name in groups if kind is Kind.PROJECT and name in document.get("dependency-groups", {}))
    lines = foreign.lines_of_groups(document, [name for name in groups if name not in own])
    if kind is not Kind.PROJECT:
        indexed = Indexed({**indexes.of_poetry(document).of, **indexes.of_uv(document).of})
        return Question(kind=kind, lines=lines, extras=extras, pins=foreign.uv_origins(document), indexed=indexed)
    indexed = indexes.of_poetry(document)
    theirs, _ = indexed.split(foreign.project_lines(document, extras, groups))
    return Question(
        kind=kind,
        inputs=("pyproject.toml",),
        lines=(*lines, *theirs),
        extras=extras,
        groups=own,
        pins=foreign.poetry_origins(document),
        indexed=indexed,
    )


def _of_files(read: Read, build: Build) -> Question:
    inputs = build.requirements or (next(name for name in USUAL_FILES if read(name) is not None),)
    texts = [read(name) or "" for start in inputs for name in requirement_chain(read, start)]
    vouched = hashes_in(texts)
    return Question(kind=Kind.FILES, inputs=inputs, vouched=vouched, exact=bool(vouched))


def hashes_in(texts: Iterable[str]) -> Vouched:
    """What requirement files with hashes vouch for."""
    found: dict[str, frozenset[str]] = {}
    for text in texts:
        for line in text.replace("\\\n", " ").splitlines():
            hashes = frozenset(re.findall(r"--hash[= ]sha256:([0-9a-f]{64})", line))
            if hashes and (name := re.match(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)", line)):
                canonical = str(canonicalize_name(name[1]))
                found[canonical] = found.get(canonical, frozenset()) | hashes
    return found


def _plain(requirements: tuple[str, ...], read: Read) -> tuple[str, ...]:
    return tuple(one for one in requirements if read(one) is None)


def _files(requirements: tuple[str, ...], read: Read) -> tuple[str, ...]:
    return tuple(one for one in requirements if read(one) is not None)


def _beside(name: str, other: str) -> str:
    return normpath(PurePosixPath(name).parent / other)


def _declares_in_setup(read: Read) -> bool:
    return any("install_requires" in (read(name) or "") for name in ("setup.py", "setup.cfg"))


def _pyproject(read: Read) -> dict[str, Any]:
    return toml.document(read("pyproject.toml"))
