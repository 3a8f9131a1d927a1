"""A git remote, asked and told through the git program."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from ecluse.model.ids import Commit
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.ports.commands import CommandRunner
from ecluse.ports.source import Tag
from ecluse.providers.git.program import Git, Said
from ecluse.providers.git.source import GitSource

_PEELED = "^{}"
WAY = (
    "HTTPS_PROXY", "https_proxy", "http_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO", "GIT_SSH_COMMAND", "GIT_SSH",
)  # fmt: skip
"""By these a caller says how a remote is reached (git(1), curl(1))."""
ASKING, FETCHING = timedelta(seconds=60), timedelta(minutes=30)


class GitRemote:
    """Fills ports.remote.Remote for the remote `name` of the repository that `root` lies in."""

    def __init__(self, name: str, root: Path, commands: CommandRunner, env: Mapping[str, str]) -> None:
        self._name, self._commands, self._env = name, commands, env
        self._git = Git(root, commands, env, way(env), FETCHING)
        self._asking = Git(root, commands, env, way(env), ASKING)

    async def address(self) -> str:
        said = await self._git.ask("remote", "get-url", "--push", self._name)
        return said.out.decode(errors="replace").strip() if said.ok else ""

    async def tags(self, prefix: str) -> tuple[Tag, ...]:
        said = await self._asking.ask("ls-remote", "--tags", self._name, f"refs/tags/{prefix}*")
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
        said = await self._git.ask("push", "--porcelain", self._name, f"refs/tags/{tag}:refs/tags/{tag}")
        if said.ok:
            return
        there = await self._there(tag)  # somebody may have been faster, and an answer may be lost
        if there is None:
            raise ProblemError(self._refused(tag, said))
        if there != commit:
            raise ProblemError(self._taken(tag, there))

    async def bring(self, tag: str) -> None:
        ref = f"refs/tags/{tag}"
        self._answered(await self._git.ask("fetch", "--quiet", "--no-tags", self._name, f"{ref}:{ref}"))

    async def history(self, commit: Commit, folder: Path) -> GitSource:
        """Asked from where the repository lies: an address may be relative to it. Tags that are here only are taken
        along; where both have one of a name, it is the remote's."""
        bare = ("--git-dir", str(folder))
        self._answered(await self._git.ask(*bare, "init", "--quiet", "--bare"))
        where = await self._git.ask("rev-parse", "--path-format=absolute", "--git-path", "objects")
        shallow = await self._git.ask("rev-parse", "--is-shallow-repository")
        if shallow.out.strip() == b"false":  # else its commits would be taken for whole
            (folder / "objects" / "info" / "alternates").write_bytes(where.out)
        settings = await self._git.ask("rev-parse", "--path-format=absolute", "--git-path", "config")
        included = settings.out.decode(errors="surrogateescape").strip()  # who we are to the remote, and where it is
        await self._git.ask(*bare, "config", "include.path", included)
        common = await self._git.ask("rev-parse", "--path-format=absolute", "--git-common-dir")
        here = os.fsdecode(common.out).strip()
        await self._git.ask(*bare, "fetch", "--quiet", "--no-write-fetch-head", here, "refs/tags/*:refs/tags/*")
        self._answered(
            await self._git.ask(
                *bare, "fetch", "--quiet", "--no-write-fetch-head", "--filter=blob:none", self._name, commit,
                "+refs/tags/*:refs/tags/*",
            )
        )  # fmt: skip
        return GitSource(folder, self._commands, self._env)

    async def _there(self, tag: str) -> Commit | None:
        return next((one.commit for one in await self.tags(tag) if one.name == tag), None)

    def _answered(self, said: Said) -> None:
        if not said.ok:
            raise ProblemError(
                Problem(
                    code="R020",
                    what=f"the git remote '{self._name}' could not be asked",
                    evidence=tuple(said.errors.splitlines()[-3:]),
                    state="nothing was pushed",
                    fix=f"`git ls-remote {self._name}` shows what is in the way; then `ecluse release` goes on",
                    exit=Exit.UNREACHABLE,
                )
            )

    def _refused(self, tag: str, said: Said) -> Problem:
        lines = (*said.out.decode(errors="replace").splitlines(), *said.errors.splitlines())
        return Problem(
            code="R011",
            what=f"the git remote '{self._name}' did not take the tag {tag}",
            evidence=tuple(line for line in lines if line.strip())[-4:],
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


def way(env: Mapping[str, str]) -> dict[str, str]:
    """What of the caller's environment a git that asks a remote gets."""
    return {name: env[name] for name in WAY if name in env} | credentials(env)


def credentials(env: Mapping[str, str]) -> dict[str, str]:
    """A CI's own token for its own forge, as settings of git's environment (git-config(1), GIT_CONFIG_COUNT): never an
    argument, nor in a file."""
    for server, token, user in (
        ("GITHUB_SERVER_URL", "GITHUB_TOKEN", "x-access-token"),
        ("CI_SERVER_URL", "CI_JOB_TOKEN", "gitlab-ci-token"),
    ):
        if env.get(server) and env.get(token):
            word = b64encode(f"{user}:{env[token]}".encode()).decode()
            return {
                "GIT_CONFIG_COUNT": "1",
                "GIT_CONFIG_KEY_0": f"http.{env[server].rstrip('/')}/.extraHeader",
                "GIT_CONFIG_VALUE_0": f"Authorization: Basic {word}",
            }
    return {}
