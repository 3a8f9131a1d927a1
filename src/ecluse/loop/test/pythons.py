"""The locked environments of a run: the app's own, and one for each other Python that steps want."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ecluse.model.app import App, Build, Step
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.model.values import frozen
from ecluse.ports.world import World

if TYPE_CHECKING:
    from ecluse.loop.code.checkout import Checkout

APPS_OWN = ""
NO_PYTHON = "E060"


@frozen
class Environments:
    """By Python, `APPS_OWN` among them. `failed` says why there is none of one."""

    made: Mapping[str, Path]
    failed: Mapping[str, tuple[Problem, ...]] = field(default_factory=dict)

    def of(self, step: Step) -> Path:
        """ProblemError E060 where there is no such Python, or the app can't be installed for it."""
        if step.python in self.failed:
            raise ProblemError(*(_not_for(step, problem) for problem in self.failed[step.python]))
        return self.made[step.python]

    @property
    def any(self) -> Path:
        """For what works with none."""
        return self.made.get(APPS_OWN) or next(iter(self.made.values()), Path())


async def environments_of(app: App, steps: Iterable[Step], world: World, checkout: Checkout) -> Environments:
    """Made unless they are there. What is in the way of another Python than the app's is in the way of the steps that
    want it, and of no others."""
    made: dict[str, Path] = {}
    failed: dict[str, tuple[Problem, ...]] = {}
    for python in sorted({step.python for step in steps}):
        try:
            made[python] = await _environment(build_with(app.build, python), world, checkout)
        except ProblemError as error:
            if python == APPS_OWN:
                raise
            there = {one.minor for one in world.toolchain.interpreters()}
            failed[python] = error.problems if python in there else (_absent(python, sorted(there)),)
    return Environments(made=made, failed=failed)


def build_with(build: Build, python: str) -> Build:
    return replace(build, python=python) if python else build


async def _environment(build: Build, world: World, checkout: Checkout) -> Path:
    tree, there = checkout.sources(build)
    return await world.toolchain.environment(
        tree,
        there,
        tests=True,
        identity="" if checkout.dirty else f"{world.root}@{checkout.commit}",
        say=lambda text: world.reporter.line("environment", text),
    )


def _absent(python: str, there: Sequence[str]) -> Problem:
    return Problem(
        code=NO_PYTHON,
        what=f"there is none on this machine (there are {', '.join(there) or 'no others'})",
        fix=f"add it: uv python install {python}, or pyenv install {python}; or name another Python in the manifest",
    )


def _not_for(step: Step, problem: Problem) -> Problem:
    code = "" if problem.code == NO_PYTHON else f" [{problem.code}]"
    return Problem(
        code=NO_PYTHON,
        what=f"{step.name} wants Python {step.python}: {problem.what}{code}",
        evidence=problem.evidence,
        fix=problem.fix,
        exit=Exit.REFUSED,
    )
