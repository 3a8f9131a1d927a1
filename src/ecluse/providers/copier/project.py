"""A project in a copy, so that its working tree is touched when all is known, and not before."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ecluse.model.ids import Commit
from ecluse.model.problem import ProblemError
from ecluse.model.template import ANSWERS_FILE, Changed, How
from ecluse.model.values import frozen
from ecluse.ports.source import Source
from ecluse.providers.git import problems
from ecluse.providers.git.program import Git
from ecluse.system.files import write_atomically

NOBODY = ("-c", "user.name=ecluse", "-c", "user.email=ecluse@localhost", "-c", "commit.gpgSign=false")
AS_IT_IS = ("-c", "core.autocrlf=false", "-c", "core.attributesFile=/dev/null")


@frozen
class Stage:
    """One side of a conflict, as the index has it (gitglossary(7), "unmerged index")."""

    mode: str
    object: str
    number: int
    path: str


@dataclass(frozen=True, slots=True)
class Copied:
    """The files of a commit in a repository of their own, whose answers name where the template lies here."""

    folder: Path
    git: Git
    before: dict[str, str] = field(default_factory=dict)

    async def make(self, source: Source, head: Commit, template: str) -> None:
        self.folder.mkdir()
        await source.checkout(head, self.folder)
        self.before.update(digests(self.folder))
        answers = self.folder / ANSWERS_FILE
        told = answers.read_text(encoding="utf-8")
        answers.write_text(f"{told.rstrip()}\n_src_path: {json.dumps(template)}\n", encoding="utf-8")
        for words in (("init", "--quiet"), (*AS_IT_IS, "add", "--force", "--all")):
            await _tell(self.git, *words)
        await _tell(self.git, *NOBODY, "commit", "--quiet", "--no-verify", "--message=before")

    async def unmerged(self) -> tuple[Stage, ...]:
        said = await _tell(self.git, "ls-files", "--unmerged", "-z")
        entries = (os.fsdecode(entry).partition("\t") for entry in said.split(b"\0") if entry)
        return tuple(
            Stage(mode=mode, object=name, number=int(number), path=path)
            for (mode, name, number), path in ((head.split(), path) for head, _, path in entries)
        )


def digests(folder: Path) -> dict[str, str]:
    """Of each file and link below it, by path: what it holds and whether it may be run."""
    found = {}
    for path in folder.rglob("*"):
        name = path.relative_to(folder)
        if name.parts[0] == ".git" or (path.is_dir() and not path.is_symlink()):
            continue
        content = os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()
        kind = "link" if path.is_symlink() else "program" if os.access(path, os.X_OK) else "file"
        found[str(name)] = f"{kind} {hashlib.sha256(content).hexdigest()}"
    return found


def changes(copied: Copied, project: Path, unmerged: frozenset[str]) -> tuple[Changed, ...]:
    """What the copy has got that differs, sorted by path."""
    before, after = copied.before, digests(copied.folder)
    paths = sorted(path for path in {*before, *after} if before.get(path) != after.get(path))
    return tuple(Changed(path=path, how=_how(path, before, after, project, unmerged)) for path in paths)


def _how(path: str, before: dict[str, str], after: dict[str, str], project: Path, unmerged: frozenset[str]) -> How:
    if path in unmerged:
        return How.CONFLICT
    if path not in after:
        return How.REMOVED
    if path in before:
        return How.CHANGED
    return How.KEPT if os.path.lexists(project / path) else How.ADDED


def put(found: Iterable[Changed], source: Path, project: Path) -> None:
    """Each file whole or not at all."""
    for one in found:
        here, there = source / one.path, project / one.path
        if one.how is How.KEPT:
            continue
        if one.how is How.REMOVED:
            there.unlink(missing_ok=True)
        else:
            write_atomically(there, here.read_bytes(), mode=0o755 if os.access(here, os.X_OK) else 0o644)


async def record_conflicts(stages: Iterable[Stage], there: Git, here: Git) -> None:
    """Tell git of them, so that it refuses a commit until a person has resolved them (git-update-index(1))."""
    lines: dict[str, list[str]] = {}
    prefix = os.fsdecode((await _tell(here, "rev-parse", "--show-prefix")).rstrip(b"\n"))
    for stage in stages:
        content = (await there.ask("cat-file", "blob", stage.object)).out
        name = (await _tell(here, "hash-object", "-w", "--stdin", stdin=content)).decode().strip()
        gone = f"0 {'0' * len(name)}\t{prefix}{stage.path}"
        lines.setdefault(stage.path, [gone]).append(f"{stage.mode} {name} {stage.number}\t{prefix}{stage.path}")
    if lines:
        told = "".join(f"{line}\n" for of_one in lines.values() for line in of_one)
        await _tell(here, "update-index", "--index-info", stdin=os.fsencode(told))


async def _tell(git: Git, *words: str, stdin: bytes = b"") -> bytes:
    said = await git.ask(*words, stdin=stdin)
    if not said.ok:
        raise ProblemError(problems.git_failed(words[0], said.errors))
    return said.out
