"""The store of releases in a git remote: no place and no key but those that the tags need."""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from ecluse.model.ids import Digest
from ecluse.ports.cache import UnreachableError
from ecluse.ports.commands import CommandRunner
from ecluse.providers.git.loose import CONTENT, commits, quoted
from ecluse.providers.git.parcels import parcels
from ecluse.providers.git.program import Git, Said
from ecluse.providers.git.reaching import ASKING, FETCHING, PUSH, way

REFS = "refs/ecluse/releases"
"""Who clones gets none of them: a clone takes branches and tags (git-clone(1))."""
_FILES = "files/"
_PREFIX = "sha256:"
_ATTEMPTS = 3
_ALONE = (
    "--quiet", "--no-tags", "--no-write-fetch-head", "--refmap=", "--no-filter", "--no-auto-maintenance",
    "--recurse-submodules=no",
)  # fmt: skip
"""Nothing of the repository at hand is changed, and all is brought that is asked for."""


class GitArtifacts:
    """Fills ports.artifacts.ArtifactStore and KeepsMany in the remote `name` of the repository that `root` lies in.

    Each document and each file is a commit of its own, without a parent, behind a ref of its own. A remote makes a ref
    that isn't there for one alone (git-push(1), `--force-with-lease=REF:`): that is a claim. The repository here keeps
    nothing of it; the remote keeps all of it until somebody deletes the refs. A forge counts pushes, so many files are
    sent by one.
    """

    def __init__(self, name: str, root: Path, commands: CommandRunner, env: Mapping[str, str]) -> None:
        self._name, self._root, self._commands, self._env = name, root, commands, env

    @property
    def place(self) -> str:
        return f"the git remote '{self._name}' ({REFS})"

    def read(self, name: str) -> bytes | None:
        return asyncio.run(self._read(f"documents/{name}"))

    def claim(self, name: str, document: bytes) -> bytes:
        return asyncio.run(self._claim(f"documents/{name}", document))

    def put(self, name: str, document: bytes) -> None:
        asyncio.run(self._put(f"documents/{name}", document))

    def holds(self, digest: Digest, size: int) -> bool:
        return asyncio.run(self._holds(_file(digest, size)))

    def keep(self, digest: Digest, path: Path) -> None:
        self.keep_all({digest: path})

    def keep_all(self, files: Mapping[Digest, Path]) -> None:
        for digest, path in files.items():
            if not _is_whole(digest, path):
                raise ValueError(f"{path} isn't {digest}")
        asyncio.run(self._keep(files))

    def fetch(self, digest: Digest, into: Path) -> bool:
        return digest in self.fetch_all({digest: into})

    def fetch_all(self, files: Mapping[Digest, Path]) -> frozenset[Digest]:
        return asyncio.run(self._fetch(files))

    async def _read(self, ref: str) -> bytes | None:
        async with self._apart() as git:
            commit = await self._brought(git, ref)
            return None if commit is None else self._done(await git.ask("cat-file", "blob", f"{commit}:{CONTENT}")).out

    async def _claim(self, ref: str, document: bytes) -> bytes:
        async with self._apart() as git:
            whole, (commit,) = f"{REFS}/{ref}", await self._commits(git, document)
            said = await git.ask(*PUSH, "--quiet", f"--force-with-lease={whole}:", self._name, f"{commit}:{whole}")
        kept = await self._read(ref)
        if kept is None:  # nobody was faster
            self._done(said)
            raise UnreachableError(f"{self.place}: it takes {whole} and doesn't show it")
        return kept

    async def _put(self, ref: str, document: bytes) -> None:
        async with self._apart() as git:
            (commit,) = await self._commits(git, document)
            self._done(await git.ask(*PUSH, "--quiet", "--force", self._name, f"{commit}:{REFS}/{ref}"))

    async def _holds(self, ref: str) -> bool:
        async with self._apart() as git:
            return bool(await self._there(git, ref))

    async def _keep(self, files: Mapping[Digest, Path]) -> None:
        async with self._apart() as git:
            there = await self._there(git, f"{_FILES}*")
        sizes = {digest: path.stat().st_size for digest, path in files.items()}
        lacking = {digest: size for digest, size in sizes.items() if _file(digest, size) not in there}
        for parcel in parcels(lacking):
            async with self._apart() as git:
                await self._send(git, {_file(digest, sizes[digest]): files[digest] for digest in parcel})

    async def _send(self, git: Git, files: Mapping[str, Path]) -> None:
        """A ref that is there is not overwritten: what is behind it isn't an ancestor."""
        sent = zip(await self._commits(git, *files.values()), files, strict=True)
        said = await git.ask(*PUSH, "--quiet", self._name, *(f"{commit}:{REFS}/{ref}" for commit, ref in sent))
        if not said.ok and not files.keys() <= (await self._there(git, f"{_FILES}*")).keys():
            largest = max(path.stat().st_size for path in files.values()) / 1e6
            self._done(said, f" (sent were {len(files)} files, the largest of {largest:.1f} MB)")

    async def _fetch(self, files: Mapping[Digest, Path]) -> frozenset[Digest]:
        async with self._apart() as git:
            there = {_digest(ref): (ref, commit) for ref, commit in (await self._there(git, f"{_FILES}*")).items()}
        for parcel in parcels({digest: _size(there[digest][0]) for digest in files if digest in there}):
            async with self._apart() as git:
                refs = (f"{REFS}/{there[digest][0]}" for digest in parcel)
                self._done(await git.ask("fetch", *_ALONE, self._name, *refs))
                for digest in parcel:
                    blob = f"{there[digest][1]}:{CONTENT}"
                    self._done(await git.write(files[digest], "cat-file", "blob", blob))
        came = frozenset(digest for digest in files if digest in there and _is_whole(digest, files[digest]))
        for digest in there.keys() & (files.keys() - came):
            files[digest].unlink()
        return came

    @asynccontextmanager
    async def _apart(self) -> AsyncIterator[Git]:
        """Git in the repository, whose settings say how the remote is reached, with a folder of its own for objects."""
        own = Git(self._root, self._commands, self._env)
        objects = self._done(await own.ask("rev-parse", "--path-format=absolute", "--git-path", "objects")).out
        with tempfile.TemporaryDirectory(prefix="ecluse-store-") as folder:
            places = {
                "GIT_OBJECT_DIRECTORY": folder,
                "GIT_ALTERNATE_OBJECT_DIRECTORIES": os.fsdecode(quoted(objects.removesuffix(b"\n"))),
            }
            more = {**await way(self._name, own, self._env), **places}
            yield Git(self._root, self._commands, self._env, more, FETCHING)

    async def _there(self, git: Git, ref: str) -> dict[str, str]:
        """Commits by the refs that there are, below ours; `ref` may end with a star."""
        said = self._done(await git.within(ASKING).ask("ls-remote", self._name, f"{REFS}/{ref}"))
        lines = (line.partition("\t") for line in said.out.decode(errors="replace").splitlines())
        return {found.removeprefix(f"{REFS}/"): commit for commit, _, found in lines}

    async def _brought(self, git: Git, ref: str) -> str | None:
        """The commit behind a ref, with what it holds; None where there is no such ref."""
        for _ in range(_ATTEMPTS):
            commit = (await self._there(git, ref)).get(ref)
            if commit is None:
                return None
            self._done(await git.ask("fetch", *_ALONE, self._name, f"{REFS}/{ref}"))
            if (await git.ask("cat-file", "-e", f"{commit}:{CONTENT}")).ok:
                return commit  # else somebody put another one in its place meanwhile
        raise UnreachableError(f"{self.place}: {ref} is another one each time it is asked")

    async def _commits(self, git: Git, *contents: bytes | Path) -> tuple[str, ...]:
        async def ask(*arguments: str, stdin: bytes = b"") -> bytes:
            return self._done(await git.ask(*arguments, stdin=stdin)).out

        return await commits(ask, contents)

    def _done(self, said: Said, about: str = "") -> Said:
        if not said.ok:
            raise UnreachableError(f"{self.place}: {'; '.join(said.told)}{about}")
        return said


def _file(digest: Digest, size: int) -> str:
    """Its size is in its name, as a ref says nothing else of what is behind it."""
    return f"{_FILES}{digest.removeprefix(_PREFIX)}-{size}"


def _digest(ref: str) -> Digest:
    return Digest(f"{_PREFIX}{ref.removeprefix(_FILES).partition('-')[0]}")


def _size(ref: str) -> int:
    size = ref.rpartition("-")[2]
    return int(size) if size.isdecimal() else 0


def _is_whole(digest: Digest, path: Path) -> bool:
    with path.open("rb") as file:
        return _PREFIX + hashlib.file_digest(file, "sha256").hexdigest() == digest
