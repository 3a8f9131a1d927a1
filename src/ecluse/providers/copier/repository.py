"""The template as copier wants it: a git repository with a tag for each version, out of the bundle in this package."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import as_file, files
from pathlib import Path

from packaging.version import Version

from ecluse.model.problem import Problem, ProblemError
from ecluse.ports.commands import CommandRunner
from ecluse.providers.git.program import Git

BUNDLE = "template.bundle"
CHANGES = "CHANGES.md"


class TemplateRepository:
    """Below a folder that is gone after the command: nothing is kept that could be torn or out of date."""

    def __init__(self, work: Path, commands: CommandRunner, env: Mapping[str, str]) -> None:
        self.path = work / "template.git"
        self._work, self._commands = work, commands
        self._env = {"PATH": env.get("PATH", ""), "HOME": str(work)}
        self._git = Git(self.path, commands, self._env)

    async def make(self) -> None:
        """Safe to repeat."""
        if self.path.exists():
            return
        await self._ask(Git(self._work, self._commands, self._env), "init", "--quiet", "--bare", str(self.path))
        with as_file(files(__package__).joinpath(BUNDLE)) as bundle:
            refs = ("+refs/tags/*:refs/tags/*", "+refs/heads/main:refs/heads/main")
            await self._ask(self._git, "fetch", "--quiet", str(bundle), *refs)
        await self._ask(self._git, "symbolic-ref", "HEAD", "refs/heads/main")

    async def versions(self) -> tuple[str, ...]:
        await self.make()
        return tuple(sorted((await self._ask(self._git, "tag")).split(), key=Version))

    async def notes(self, after: str, until: str) -> tuple[str, ...]:
        await self.make()
        return notes_between(await self._ask(self._git, "cat-file", "blob", f"{until}:{CHANGES}"), after, until)

    @staticmethod
    async def _ask(git: Git, *arguments: str) -> str:
        said = await git.ask(*arguments)
        if not said.ok:
            raise ProblemError(_unreadable(said.errors))
        return said.out.decode()


def notes_between(text: str, after: str, until: str) -> tuple[str, ...]:
    """The items below the headings of versions. Pure."""
    found: list[str] = []
    version = None
    for line in text.splitlines():
        if line.startswith("## "):
            version = Version(line.removeprefix("## "))
        elif not version or not Version(after) < version <= Version(until):
            continue
        elif line.startswith("- "):
            found.append(line.removeprefix("- "))
        elif line.startswith("  ") and found:
            found[-1] += f" {line.strip()}"
    return tuple(found)


def _unreadable(errors: str) -> Problem:
    return Problem(
        code="N020",
        what="git can't read the template that Écluse brings",
        evidence=tuple(errors.splitlines()[-5:]),
        fix="`git --version` has to be 2.28 or newer; else install Écluse anew, something of it is missing",
    )
