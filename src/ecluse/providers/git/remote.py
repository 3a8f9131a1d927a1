"""A git remote, asked and told through the git program."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from ecluse.model.ids import Commit
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.ports.commands import CommandRunner
from ecluse.ports.source import Tag
from ecluse.providers.git.loose import quoted
from ecluse.providers.git.program import Git, Said
from ecluse.providers.git.reaching import ASKING, FETCHING, PUSH, Settings, settings_of, way
from ecluse.providers.git.source import GitSource

_PEELED = "^{}"
_ALL_TAGS = "+refs/tags/*:refs/tags/*"


class GitRemote:
    """Fills ports.remote.Remote for the remote `name` of the repository that `root` lies in."""

    def __init__(self, name: str, root: Path, commands: CommandRunner, env: Mapping[str, str]) -> None:
        self._name, self._root, self._commands, self._env = name, root, commands, env
        self._here = Git(root, commands, env)

    async def address(self) -> str:
        said = await self._here.ask("remote", "get-url", "--push", self._name)
        return said.out.decode(errors="replace").strip() if said.ok else ""

    async def tags(self, prefix: str) -> tuple[Tag, ...]:
        git = await self._reaching(ASKING)
        said = await git.ask("ls-remote", "--tags", self._name, f"refs/tags/{prefix}*")
        self._answered(said)
        found: dict[str, str] = {}
        for line in said.out.decode(errors="surrogateescape").splitlines():
            object_, _, ref = line.partition("\t")
            name = ref.removeprefix("refs/tags/")
            if name.endswith(_PEELED):
                found[name.removesuffix(_PEELED)] = object_  # what an annotated tag names comes right after the tag
            else:
                found[name] = object_
        return tuple(Tag(name=name, commit=Commit(commit)) for name, commit in sorted(found.items()))

    async def push(self, tag: str, commit: Commit) -> None:
        if await self._there(tag) == commit:
            return
        git = await self._reaching(FETCHING)
        said = await git.ask(*PUSH, "--porcelain", self._name, f"refs/tags/{tag}:refs/tags/{tag}")
        if said.ok:
            return
        there = await self._there(tag)  # somebody may have been faster, and an answer may be lost
        if there is None:
            raise ProblemError(self._refused(tag, said))
        if there != commit:
            raise ProblemError(self._taken(tag, there))

    async def bring(self, tag: str) -> None:
        ref = f"refs/tags/{tag}"
        git = await self._reaching(FETCHING)
        self._answered(await git.ask("fetch", "--quiet", "--no-tags", self._name, f"{ref}:{ref}"))

    async def history(self, commit: Commit, folder: Path) -> GitSource:
        """Asked from where the repository lies: an address may be relative to it. Tags that are here only are taken
        along; where both have one of a name, it is the remote's."""
        bare = ("--git-dir", str(folder))
        self._answered(await self._here.ask(*bare, "init", "--quiet", "--bare"))
        where = await self._here.ask("rev-parse", "--path-format=absolute", "--git-path", "objects")
        shallow = await self._here.ask("rev-parse", "--is-shallow-repository")
        if shallow.out.strip() == b"false":  # else its commits would be taken for whole
            (folder / "objects" / "info" / "alternates").write_bytes(quoted(where.out.removesuffix(b"\n")))
        git = await self._reaching(FETCHING, await settings_of(self._here))  # who we are to the remote, and where it is
        common = await self._here.ask("rev-parse", "--path-format=absolute", "--git-common-dir")
        here = os.fsdecode(common.out.removesuffix(b"\n"))
        await git.ask(*bare, "fetch", "--quiet", "--no-write-fetch-head", here, "refs/tags/*:refs/tags/*")
        bring = (*bare, "fetch", "--quiet", "--no-write-fetch-head", "--filter=blob:none", self._name, _ALL_TAGS)
        if not (await git.ask(*bring, commit)).ok:  # by the old protocol only what a ref names is given
            self._answered(await git.ask(*bring, "+refs/heads/*:refs/heads/*"))
        if not (await self._here.ask(*bare, "cat-file", "-e", f"{commit}^{{commit}}")).ok:
            raise ProblemError(self._unknown(commit))
        return GitSource(folder, self._commands, self._env)

    async def _reaching(self, patience: timedelta, carried: Settings = ()) -> Git:
        more = await way(self._name, self._here, self._env, carried)
        return Git(self._root, self._commands, self._env, more, patience)

    async def _there(self, tag: str) -> Commit | None:
        return next((one.commit for one in await self.tags(tag) if one.name == tag), None)

    def _answered(self, said: Said) -> None:
        if not said.ok:
            raise ProblemError(
                Problem(
                    code="R020",
                    what=f"the git remote '{self._name}' could not be asked",
                    evidence=said.told,
                    state="nothing was pushed",
                    fix=f"`git ls-remote {self._name}` shows what is in the way; then `ecluse release` goes on",
                    exit=Exit.UNREACHABLE,
                )
            )

    def _unknown(self, commit: str) -> Problem:
        return Problem(
            code="R036",
            what=f"no branch of the remote '{self._name}' has the commit {commit[:12]}, whose history this clone lacks",
            state="nothing was tagged or published",
            fix="push it, or bring the history here: git fetch --unshallow",
            exit=Exit.REFUSED,
        )

    def _refused(self, tag: str, said: Said) -> Problem:
        state = [line for line in said.out.decode(errors="replace").splitlines() if line.startswith("!")]
        return Problem(
            code="R011",
            what=f"the git remote '{self._name}' did not take the tag {tag}",
            evidence=(*state, *said.told),
            state="the tag is made here, nothing was published",
            fix="see what it says (rights, protected tags, a hook), then `ecluse release` goes on",
            exit=Exit.REFUSED,
        )

    def _taken(self, tag: str, commit: str) -> Problem:
        return Problem(
            code="R034",
            what=f"the tag {tag} came to the remote '{self._name}' meanwhile, for another commit ({commit[:12]})",
            state=f"{tag} is made here and was not pushed; nothing was published",
            fix=f"somebody released at the same time: git tag --delete {tag}; then release a new commit on top of "
            "theirs (git commit --allow-empty): this one is bound to the version",
            exit=Exit.NEEDS_PERSON,
        )
