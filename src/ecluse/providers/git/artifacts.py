"""The store of releases in a git remote: no place and no key but those that the tags need."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from ecluse.model.ids import Digest
from ecluse.ports.cache import UnreachableError
from ecluse.ports.commands import CommandRunner
from ecluse.providers.git.program import Git, Said
from ecluse.providers.git.reaching import FETCHING, way

REFS = "refs/ecluse/releases"
"""Who clones gets none of them: a clone takes branches and tags (git-clone(1))."""
CONTENT = "content"
_PREFIX = "sha256:"
_ATTEMPTS = 3
_ALONE = (
    "--quiet", "--no-tags", "--no-write-fetch-head", "--refmap=", "--no-auto-maintenance", "--recurse-submodules=no",
)  # fmt: skip
"""Nothing of the repository at hand is changed."""
_NOBODY = {
    f"GIT_{role}_{what}": value
    for role in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "ecluse"), ("EMAIL", "ecluse@localhost"), ("DATE", "2026-01-01T00:00:00Z"))
}


class GitArtifacts:
    """Fills ports.artifacts.ArtifactStore in the remote `name` of the repository that `root` lies in.

    Each document and each file is a commit of its own, without a parent, behind a ref of its own. A remote makes a ref
    that isn't there for one alone (git-push(1), `--force-with-lease=REF:`): that is a claim. The repository here keeps
    nothing of it; the remote keeps all of it until somebody deletes the refs.
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
        with path.open("rb") as file:
            if _PREFIX + hashlib.file_digest(file, "sha256").hexdigest() != digest:
                raise ValueError(f"{path} isn't {digest}")
        asyncio.run(self._keep(_file(digest, path.stat().st_size), path.absolute()))

    def fetch(self, digest: Digest, into: Path) -> bool:
        if not asyncio.run(self._fetch(digest, into)):
            return False
        with into.open("rb") as file:
            is_whole = _PREFIX + hashlib.file_digest(file, "sha256").hexdigest() == digest
        if not is_whole:
            into.unlink()
        return is_whole

    async def _read(self, ref: str) -> bytes | None:
        async with self._apart() as git:
            commit = await self._brought(git, ref)
            return None if commit is None else self._done(await git.ask("cat-file", "blob", f"{commit}:{CONTENT}")).out

    async def _claim(self, ref: str, document: bytes) -> bytes:
        async with self._apart() as git:
            said = await self._push_new(git, ref, await self._commit(git, document))
        kept = await self._read(ref)
        if kept is None:  # nobody was faster
            self._done(said)
            return document
        return kept

    async def _put(self, ref: str, document: bytes) -> None:
        async with self._apart() as git:
            commit = await self._commit(git, document)
            self._done(await git.ask("push", "--quiet", "--force", self._name, f"{commit}:{REFS}/{ref}"))

    async def _holds(self, ref: str) -> bool:
        async with self._apart() as git:
            return bool(await self._there(git, ref))

    async def _keep(self, ref: str, path: Path) -> None:
        async with self._apart() as git:
            if await self._there(git, ref):
                return
            said = await self._push_new(git, ref, await self._commit(git, path))
            if not said.ok and not await self._there(git, ref):  # somebody else may have sent it meanwhile
                self._done(said)

    async def _fetch(self, digest: Digest, into: Path) -> bool:
        async with self._apart() as git:
            ref = next(iter(await self._there(git, _file(digest, "*"))), "")
            commit = await self._brought(git, ref) if ref else None
            if commit is None:
                return False
            self._done(await git.write(into, "cat-file", "blob", f"{commit}:{CONTENT}"))
            return True

    @asynccontextmanager
    async def _apart(self) -> AsyncIterator[Git]:
        """Git in the repository, whose settings say how the remote is reached, with a folder of its own for objects."""
        own = Git(self._root, self._commands, self._env)
        objects = self._done(await own.ask("rev-parse", "--path-format=absolute", "--git-path", "objects")).out
        with tempfile.TemporaryDirectory(prefix="ecluse-store-") as folder:
            places = {
                "GIT_OBJECT_DIRECTORY": folder,
                "GIT_ALTERNATE_OBJECT_DIRECTORIES": objects.decode(errors="surrogateescape").strip(),
            }
            more = {**await way(self._name, own, self._env), **places, **_NOBODY}
            yield Git(self._root, self._commands, self._env, more, FETCHING)

    async def _there(self, git: Git, ref: str) -> dict[str, str]:
        """Commits by the refs that there are, below ours; `ref` may end with a star."""
        said = self._done(await git.ask("ls-remote", self._name, f"{REFS}/{ref}"))
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

    async def _commit(self, git: Git, content: bytes | Path) -> str:
        """Made of the content alone, so that whoever keeps the same makes the same."""
        if isinstance(content, Path):
            blob = await self._named(git, "hash-object", "-w", "--no-filters", "--", str(content))
        else:
            blob = await self._named(git, "hash-object", "-w", "--no-filters", "--stdin", stdin=content)
        tree = await self._named(git, "mktree", stdin=f"100644 blob {blob}\t{CONTENT}\n".encode())
        return await self._named(git, "commit-tree", "-m", CONTENT, tree)

    async def _named(self, git: Git, *arguments: str, stdin: bytes = b"") -> str:
        """The name of the object that it made."""
        return self._done(await git.ask(*arguments, stdin=stdin)).out.decode().strip()

    async def _push_new(self, git: Git, ref: str, commit: str) -> Said:
        whole = f"{REFS}/{ref}"
        return await git.ask("push", "--quiet", f"--force-with-lease={whole}:", self._name, f"{commit}:{whole}")

    def _done(self, said: Said) -> Said:
        if not said.ok:
            raise UnreachableError(f"{self.place}: {'; '.join(said.told)}")
        return said


def _file(digest: Digest, size: int | str) -> str:
    """Its size is in its name, as a ref says nothing else of what is behind it."""
    return f"files/{digest.removeprefix(_PREFIX)}-{size}"
