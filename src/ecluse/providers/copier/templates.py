"""CopierTemplates: copier as a program, never told to trust a template."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

import yaml

from ecluse.model.ids import Commit
from ecluse.model.problem import Place, Problem, ProblemError
from ecluse.model.template import ANSWERS_FILE, Answers, Changed
from ecluse.ports.commands import Command, CommandRunner
from ecluse.ports.source import Source
from ecluse.ports.toolbox import Toolbox
from ecluse.providers.copier.project import Copied, changes, put, record_conflicts
from ecluse.providers.copier.repository import TemplateRepository
from ecluse.providers.git.program import Git

PATIENCE = timedelta(minutes=5)


class CopierTemplates:
    """Fills ports.templates.Templates. `work` is an empty folder that is gone when the command ends."""

    def __init__(self, work: Path, toolbox: Toolbox, commands: CommandRunner, env: Mapping[str, str]) -> None:
        self._work, self._toolbox, self._commands, self._env = work, toolbox, commands, env
        self._template = TemplateRepository(work, commands, env)

    async def versions(self) -> tuple[str, ...]:
        return await self._template.versions()

    async def notes(self, after: str, until: str) -> tuple[str, ...]:
        return await self._template.notes(after, until)

    async def lay_out(self, answers: Answers, version: str, folder: Path, say: Callable[[str], None]) -> None:
        given = [word for name, value in answers.items().items() for word in ("--data", f"{name}={value}")]
        await self._template.make()
        await self._copier(say, "copy", "--vcs-ref", version, *given, str(self._template.path), str(folder))

    def version_of(self, project: Path) -> str:
        return str(_answers(project)["_commit"])

    async def merge(
        self,
        project: Path,
        source: Source,
        head: Commit,
        version: str,
        *,
        write: bool,
        say: Callable[[str], None],
    ) -> tuple[Changed, ...]:
        await self._template.make()
        copied = Copied(self._work / "project", Git(self._work / "project", self._commands, self._private))
        await copied.make(source, head, str(self._template.path))
        await self._copier(say, "update", "--conflict", "inline", "--vcs-ref", version, str(copied.folder))
        unmerged = await copied.unmerged()
        found = changes(copied, project, frozenset(one.path for one in unmerged))
        if write:
            put(found, copied.folder, project)
            await record_conflicts(unmerged, copied.git, Git(project, self._commands, self._env))
        return found

    async def _copier(self, say: Callable[[str], None], verb: str, *arguments: str) -> None:
        program = await self._toolbox.program("copier", say=say)
        fixed = ("--quiet", "--defaults", "--answers-file", ANSWERS_FILE)
        argv = (str(program), verb, *fixed, *arguments)
        command = Command(argv=argv, folder=self._work, env=self._private, timeout=PATIENCE)
        done = await self._commands.run(command)
        if not done.ok:
            raise ProblemError(_failed(verb, done.output))

    @property
    def _private(self) -> Mapping[str, str]:
        """Neither the user's git nor their copier has a say: what a template gives is the same for everybody."""
        return {
            "PATH": self._env.get("PATH", ""),
            "HOME": str(self._work),
            "TMPDIR": str(self._work),
            "LC_ALL": "C.UTF-8",
            "GIT_CONFIG_NOSYSTEM": "1",
        }


def _answers(project: Path) -> Mapping[str, object]:
    file = project / ANSWERS_FILE
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        document = None
    if not isinstance(document, dict) or not document.get("_commit"):
        raise ProblemError(_not_ours(file))
    return document


def _not_ours(file: Path) -> Problem:
    return Problem(
        code="N010",
        where=Place(file=str(file)),
        what="this project doesn't say which template it was made from",
        state="nothing was changed",
        fix=f"`update` is for projects made by `ecluse new`; git may still have their {ANSWERS_FILE}",
    )


def _failed(verb: str, output: str) -> Problem:
    return Problem(
        code="N021",
        what=f"`copier {verb}` failed",
        evidence=tuple(output.strip().splitlines()[-8:]),
        state="nothing was written",
        fix="see what it says; a changed answer in .ecluse-template.yml may no longer fit",
    )
