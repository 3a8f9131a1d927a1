"""The repository, read through the git program."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from ecluse.model.ids import Commit
from ecluse.model.problem import Problem, ProblemError
from ecluse.ports.commands import CommandRunner
from ecluse.ports.source import Branch, Change, Entry, Past, Tag
from ecluse.providers.git import problems
from ecluse.providers.git.past import FORMAT, blobs_of
from ecluse.providers.git.program import Git, Said
from ecluse.providers.git.trees import copy_working, parse_tree, there, told, write_tree

_WHOLE = 40
"""Digits of an object's name at least; it always means the same."""
_FIELDS = "%H%x00%P%x00%an%x00%s%x00%b"


class GitSource:
    """Fills ports.source.Source for the repository that `root` lies in; paths are relative to `root`.

    Files are raw blobs: no attribute (export-ignore, eol, ident), filter or setting leaves one out or changes it.
    """

    def __init__(self, root: Path, commands: CommandRunner, env: Mapping[str, str]) -> None:
        self._root, self._commands, self._env = root, commands, env
        self._git = Git(root, commands, env)
        self._entries: dict[Commit, tuple[Entry, ...]] = {}

    async def resolve(self, revision: str) -> Commit:
        commit = await self._commit(revision)
        if commit is None:
            raise ProblemError(await self._why_unknown(revision))
        return commit

    async def is_dirty(self) -> bool:
        return bool((await self._ask("status", "--porcelain", "-z", "--untracked-files=normal", "--", ".")).strip())

    async def entries(self, commit: Commit) -> tuple[Entry, ...]:
        if known := self._entries.get(commit):
            return known
        entries = parse_tree(await self._ask("ls-tree", "-r", "-z", commit))
        if len(commit) >= _WHOLE:  # `HEAD` may be another one by the next time
            self._entries[commit] = entries
        return entries

    async def read(self, commit: Commit, path: str) -> bytes | None:
        known = self._entries.get(commit)
        if known is not None and not any(entry.path == path for entry in known):
            return None  # git isn't asked for what is known not to be there
        said = await self._git.ask("cat-file", "blob", f"{commit}:./{path}")
        return said.out if said.ok else None

    async def checkout(self, commit: Commit, folder: Path) -> None:
        entries = await self.entries(commit)
        wanted = "".join(f"{entry.object}\n" for entry in entries).encode()
        with tempfile.NamedTemporaryFile(dir=folder.parent, prefix=".blobs-") as blobs:
            said = await self._git.write(Path(blobs.name), "cat-file", "--batch", "--buffer", stdin=wanted)
            self._succeeded(said, "cat-file")
            await asyncio.to_thread(_write, folder, entries, Path(blobs.name))

    async def working_files(self) -> tuple[str, ...]:
        listing = await self._ask("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate")
        names = (os.fsdecode(name) for name in listing.split(b"\0") if name)
        return await asyncio.to_thread(there, self._root, names)

    async def checkout_working(self, folder: Path) -> None:
        names = await self.working_files()
        await asyncio.to_thread(copy_working, self._root, names, folder)

    async def around(self) -> tuple[GitSource, str]:
        said = os.fsdecode(await self._ask("rev-parse", "--show-prefix", "--show-cdup"))
        place, _, above = said.removesuffix("\n").rpartition("\n")  # a folder's name may hold a newline
        if not above:
            return self, "."
        whole = GitSource((self._root / above).resolve(), self._commands, self._env)
        return whole, place.rstrip("/") or "."

    async def committed_at(self, commit: Commit) -> datetime:
        return datetime.fromtimestamp(int(await self._ask("log", "-1", "--format=%ct", commit)), UTC)

    async def is_shallow(self) -> bool:
        return (await self._ask("rev-parse", "--is-shallow-repository")).strip() == b"true"

    async def tags(self, commit: Commit, prefix: str) -> tuple[Tag, ...]:
        listing = await self._ask(
            "for-each-ref",
            f"--merged={commit}",
            "--sort=-version:refname",
            "--format=%(refname:strip=2) %(objectname) %(*objectname)",
            "refs/tags",
        )
        fields = [line.split() for line in listing.decode(errors="surrogateescape").splitlines()]
        tags = [Tag(name=name, commit=Commit(objects[-1])) for name, *objects in fields if name.startswith(prefix)]
        if not tags:
            return ()
        walk = (await self._ask("log", "--topo-order", "--simplify-by-decoration", "--format=%H", commit)).decode()
        place = {name: number for number, name in enumerate(walk.split())}
        return tuple(sorted(tags, key=lambda tag: place.get(tag.commit, len(place))))

    async def changes(self, since: Commit | None, until: Commit, *, newest: int | None = None) -> tuple[Change, ...]:
        span = f"{since}..{until}" if since else until
        most = () if newest is None else (f"--max-count={newest}",)
        told = await self._ask("log", "-z", "--topo-order", *most, f"--format={_FIELDS}", span)
        said = told.decode(errors="replace")
        fields = said.split("\0")
        records = zip(*[iter(fields)] * 5, strict=False)
        return tuple(
            Change(
                commit=Commit(commit), parents=tuple(map(Commit, parents.split())), author=author, subject=subject,
                body=body.strip(),
            )
            for commit, parents, author, subject, body in records
        )  # fmt: skip

    async def branches(self, commit: Commit) -> tuple[Branch, ...]:
        found: set[Branch] = set()
        for place, strip in (("refs/heads", 2), ("refs/remotes", 3)):
            form = f"--format=%(objectname) %(refname:strip={strip})"
            listing = await self._ask("for-each-ref", f"--merged={commit}", form, place)
            for line in listing.decode(errors="surrogateescape").splitlines():
                tip, _, name = line.partition(" ")
                found |= {Branch(name=name, tip=Commit(tip))} if name not in {"", "HEAD"} else set()
        return tuple(sorted(found, key=lambda branch: (branch.name, branch.tip)))

    async def past(self, until: Commit) -> Past:
        said = await self._ask(
            "log", "--raw", "--no-abbrev", "-z", "-m", "--no-renames", "--relative", FORMAT, "--root", until, "--", "."
        )
        shallow = (await self._ask("rev-parse", "--is-shallow-repository")).strip() == b"true"
        return Past(blobs=await asyncio.to_thread(blobs_of, said), whole=not shallow)

    async def sizes(self, objects: Sequence[str]) -> Mapping[str, int]:
        wanted = "".join(f"{name}\n" for name in objects).encode()
        said = await self._git.ask("cat-file", "--batch-check", "--buffer", stdin=wanted)
        return dict(map(told, self._succeeded(said, "cat-file").splitlines()))

    async def contents(self, objects: Sequence[str], folder: Path) -> None:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".blobs-") as blobs:
            wanted = "".join(f"{name}\n" for name in objects).encode()
            said = await self._git.write(Path(blobs.name), "cat-file", "--batch", "--buffer", stdin=wanted)
            self._succeeded(said, "cat-file")
            named = [Entry(path=name, mode="file", object=name) for name in objects]
            await asyncio.to_thread(_write, folder, named, Path(blobs.name))

    async def tag(self, name: str, commit: Commit, message: str) -> None:
        there = await self._commit(f"refs/tags/{name}")
        if there == commit:
            return
        if there is not None:
            raise ProblemError(problems.tag_is_taken(name, there))
        known = (await self._git.ask("var", "GIT_COMMITTER_IDENT")).ok
        identity = () if known else ("-c", "user.name=ecluse", "-c", "user.email=ecluse@localhost")
        tag = ("tag", "--annotate", "--cleanup=verbatim", "--file=-", name, commit)
        await self._ask(*identity, *tag, stdin=message.encode("utf-8", "surrogateescape"))

    async def _commit(self, revision: str) -> Commit | None:
        if not revision or revision.startswith("-") or "\0" in revision:
            return None
        said = await self._git.ask("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
        return Commit(said.out.decode().strip()) if said.ok else None

    async def _why_unknown(self, revision: str) -> Problem:
        if not (await self._git.ask("rev-parse", "--git-dir")).ok:
            return problems.no_repository(self._root)
        if await self._commit("HEAD") is None:
            return problems.no_commit()
        return problems.unknown_revision(revision)

    async def _ask(self, *arguments: str, stdin: bytes = b"") -> bytes:
        said = await self._git.ask(*arguments, stdin=stdin)
        if not said.ok and not (await self._git.ask("rev-parse", "--git-dir")).ok:
            raise ProblemError(problems.no_repository(self._root))
        return self._succeeded(said, arguments[0])

    @staticmethod
    def _succeeded(said: Said, verb: str) -> bytes:
        if not said.ok:
            raise ProblemError(problems.git_failed(verb, said.errors))
        return said.out


def _write(folder: Path, entries: Sequence[Entry], blobs: Path) -> None:
    with blobs.open("rb") as file:
        write_tree(folder, entries, file)
