"""From a question to a lock, by uv, kept under the hash of everything that the answer depends on."""

from __future__ import annotations

import asyncio
import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from ecluse.model.problem import ProblemError
from ecluse.ports.commands import Finished
from ecluse.ports.python import OtherPythonError, UnbuiltError
from ecluse.providers.uv import failure, local
from ecluse.providers.uv.interpreters import Found
from ecluse.providers.uv.keep import keep, key_of, recall
from ecluse.providers.uv.limits import Limits
from ecluse.providers.uv.lock import Lock, Package, Remote, from_json, read_pylock, to_json, vouched_for
from ecluse.providers.uv.platforms import Elsewhere, uv_name
from ecluse.providers.uv.program import Say, Uv, silent
from ecluse.providers.uv.scratch import scratch
from ecluse.providers.uv.sources import (
    LOCKS,
    Kind,
    Question,
    Read,
    asked_at,
    hashes_in,
    reads,
    require_known,
    requirement_chain,
)
from ecluse.providers.uv.trees import copy_tree

_GLUED = re.compile(r"(?m)^(\s*-[rcefi])(?=[^\s=])")
"""pip takes an option's value without a space, uv doesn't."""
_EDITABLE = re.compile(r"(?m)^\s*(?:-e|--editable)[ =]\s*")
_LOCAL = re.compile(r"(?m)^\s*(?:-e|--editable|\.\.?)(?:[ =/]|\s*$)")

_BY_PATH = re.compile(r"^[^;]+ @ \.\.?/")


@dataclass(frozen=True, slots=True)
class Resolving:
    """What the question is about: a tree, how it is read, for which Python, as of when. `root` is what it lies in,
    where it names other folders of that."""

    tree: Path
    read: Read
    python: Found
    limits: Limits
    root: Path | None = None


class Resolver:
    """Keeps its answers in `home/cache/locks`, so the same sources give the same lock for as long as they are kept."""

    def __init__(self, uv: Uv, home: Path) -> None:
        self._uv, self._home = uv, home

    async def answer(self, asked: Question, how: Resolving, say: Say = silent) -> Lock:
        """The lock for one Python on this platform. Raises ProblemError B010 to B013."""
        kept = self._home / "cache" / "locks" / f"{self._key(asked, how)}.json"
        if (known := recall(kept)) is not None:
            return from_json(known)
        require_known(asked)
        if asked.kind is Kind.UV_LOCK:
            asked = await self._exported(asked, how)
        lock = vouched_for(await self._compiled(asked, how, say), asked.vouched)
        keep(kept, to_json(lock))
        return lock

    def _key(self, asked: Question, how: Resolving) -> str:
        parts: tuple[object, ...] = (
            asked.inputs,
            asked.lines,
            asked.extras,
            asked.groups,
            asked.pins,
            asked.exact,
            asked.kind,
        )
        parts = (*parts, asked.without) if asked.without else parts
        parts = (*parts, dict(asked.indexed.of)) if asked.indexed.of else parts
        place = (how.python.interpreter.minor, how.python.machine, how.python.libc)
        index = {name: value for name, value in self._uv.env.items() if name.startswith("UV_")}
        reached = local.reached(how.read, asked, local.members(how.tree, how.root or how.tree))
        texts = {**reads(how.read, asked), **local.texts(how.read, reached)}
        archives = local.archives(how.tree, reached)
        return key_of(parts, place, texts, how.limits.key, index, *([archives] if archives else ()))

    async def _exported(self, asked: Question, how: Resolving) -> Question:
        """uv.lock as requirement lines with hashes, once uv agrees that it matches."""
        checked = await self._uv.run_alone("lock", "--check", "-p", how.python.path, folder=how.tree)
        if not checked.ok:
            raise failure.mismatched(checked, "uv.lock", "uv lock, then commit uv.lock")
        chosen = (*_each("--extra", asked.extras), *_each("--group", asked.groups))
        with scratch(self._home, "lock") as work:
            output = work / "requirements.txt"
            fixed = ("--frozen", "--no-emit-project", "--no-default-groups", "--no-annotate", "--no-header", "-q")
            done = await self._uv.run_alone(
                "export", *fixed, *chosen, "-p", how.python.path, "-o", str(output), folder=how.tree
            )
            if not done.ok or not output.is_file():
                raise failure.full(self._home) or failure.mismatched(done, "uv.lock", "uv lock, then commit uv.lock")
            text = output.read_text(encoding="utf-8")
        lines = tuple(line for line in text.replace("\\\n", " ").splitlines() if line.strip())
        return replace(asked, lines=(*lines, *asked.lines), vouched=hashes_in([text]), extras=(), groups=())

    async def _compiled(self, asked: Question, how: Resolving, say: Say) -> Lock:
        if not asked.inputs and not asked.lines and not asked.groups:
            return ()
        say("resolving requirements")
        with scratch(self._home, "lock") as work:
            output, root = work / "pylock.toml", await asyncio.to_thread(_to_build_in, how, asked, work)
            tree = root / how.tree.relative_to(how.root or how.tree)
            arguments = self._arguments(work, asked, replace(how, tree=tree))
            done = await self._uv.run(
                "pip", "compile", *arguments, "-p", how.python.path, "--format", "pylock.toml", "-o", str(output), "-q",
                folder=_counted_from(asked, tree), say=say, env={"UV_CONSTRAINT": ""} if asked.exact else {},
                around=root,
            )  # fmt: skip
            if not done.ok or not output.is_file():  # on a full disk uv ends with 0 and leaves no file
                raise self._failed(done, asked, how)
            lock = read_pylock(output.read_text(encoding="utf-8"), str(work))
            return tuple(_from_the_tree(package, tree, root) for package in lock)

    def _failed(self, done: Finished, asked: Question, how: Resolving) -> ProblemError:
        source = (*asked.inputs, str(asked.kind))[0]
        error = failure.unresolved(done, source, self._home, lambda name: asked_at(how.read, asked, name))
        is_of_python = isinstance(error, UnbuiltError | OtherPythonError)
        if asked.pins and asked.kind in LOCKS and done.exit_code == failure.NO_ANSWER and not is_of_python:
            return failure.mismatched(done, asked.kind, f"make {asked.kind} anew with its tool, and commit it")
        return error

    def _arguments(self, work: Path, asked: Question, how: Resolving) -> tuple[str, ...]:
        inputs = [str(how.tree / name) for name in asked.inputs]
        own, lines = asked.indexed.split(asked.lines)
        if own:
            inputs.append(_project(work / "indexed", asked.indexed.with_variables(self._uv.env).project(own)))
        if lines or not inputs:
            inputs.append(_written(work / "asked.txt", lines))
        left_out = ("--excludes", _written(work / "without.txt", asked.without)) if asked.without else ()
        pins = ("--constraints", _written(work / "pins.txt", asked.pins)) if asked.pins else ()
        return (
            *inputs,
            *pins,
            *left_out,
            *_each("--extra", asked.extras),
            *_each("--group", asked.groups),
            *(("--no-deps",) if asked.exact else ()),
            *_for_platform(how.python),
            *how.limits.options(work),
        )


def _for_platform(python: Found) -> tuple[str, ...]:
    if not isinstance(python, Elsewhere):
        return ()
    return ("--python-version", python.version, "--python-platform", uv_name(python.there))


def _to_build_in(how: Resolving, asked: Question, work: Path) -> Path:
    """The root, or a copy of it when requirements name folders, which are written to when asked what they need, or when
    uv couldn't read them.

    There the files name them as plain folders, since nothing of ours is installed editable.
    """
    texts = {name: how.read(name) or "" for start in asked.inputs for name in requirement_chain(how.read, start)}
    plain = {name: _EDITABLE.sub("", _GLUED.sub(r"\1 ", text)) for name, text in texts.items()}
    root = how.root or how.tree
    by_path = any(_BY_PATH.search(line) for line in (*asked.lines, *asked.pins))
    if not by_path and not any(_LOCAL.search(text) or _GLUED.search(text) for text in texts.values()):
        return root
    copy_tree(root, copy := work / "tree")
    for name in (name for name in texts if plain[name] != texts[name]):
        (copy / how.tree.relative_to(root) / name).write_text(plain[name], encoding="utf-8")
    return copy


def _counted_from(asked: Question, tree: Path) -> Path:
    """Where relative paths in lines begin: what uv exports of a workspace's member counts from the lock."""
    upwards = (folder for folder in (tree, *tree.parents) if (folder / asked.kind).is_file())
    return next(upwards, tree) if asked.kind is Kind.UV_LOCK else tree


def _each(option: str, values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word for value in values for word in (option, value))


def _project(folder: Path, text: str) -> str:
    folder.mkdir()
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    return str(folder / "pyproject.toml")


def _written(path: Path, lines: tuple[str, ...]) -> str:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return str(path)


def _from_the_tree(package: Package, tree: Path, root: Path) -> Package:
    """The package with its places counted from the tree."""
    wheels = tuple(_lying(wheel, tree, root) for wheel in package.wheels)
    sdist = _lying(package.sdist, tree, root) if package.sdist else None
    return replace(
        package, folder=_below(tree, package.folder, root) if package.folder else "", wheels=wheels, sdist=sdist
    )


def _lying(remote: Remote, tree: Path, root: Path) -> Remote:
    return remote if urlsplit(remote.url).scheme else replace(remote, url=_below(tree, remote.url, root))


def _below(tree: Path, place: str, root: Path) -> str:
    """The place counted from the tree, for what we keep must hold for the next checkout too; one that lies outside of
    `root` stays as it is."""
    path = Path(place).resolve()
    return os.path.relpath(path, tree.resolve()) if path.is_relative_to(root.resolve()) else str(path)
