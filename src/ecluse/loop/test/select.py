"""Which steps are run. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ecluse.model.app import Step
from ecluse.model.ids import path_name
from ecluse.model.problem import Problem, ProblemError
from ecluse.model.suggestion import suggest


def select(steps: Sequence[Step], names: Iterable[str] | None, *, only: bool = False) -> tuple[Step, ...]:
    """The named steps with all that they need (without it when `only`), in the manifest's order; all for None.

    A step with a matrix is all its cells; one of them is `test[3.12]`, or `test@3.12` where a shell minds brackets.
    Names that aren't there: ProblemError E004. Two of the chosen that own one output: E005.
    """
    known: dict[str, Step] = {step.name: step for step in steps}
    named = _by_name(steps)
    if unknown := [name for name in names or () if name not in named]:
        raise ProblemError(*(_unknown(name, named) for name in unknown))
    wanted: list[str] = list(known) if names is None else [one for name in names for one in named[name]]
    picked = dict.fromkeys(wanted)
    while wanted and not only:
        wanted = [need for name in wanted for need in known[name].needs if need not in picked and need in known]
        picked |= dict.fromkeys(wanted)
    chosen = tuple(step for step in steps if step.name in picked)
    _require_one_owner(chosen)
    return chosen


def _by_name(steps: Iterable[Step]) -> dict[str, list[str]]:
    """What each name that may be typed stands for."""
    found: dict[str, list[str]] = {}
    for step in steps:
        for name in dict.fromkeys((step.name, step.of or step.name, path_name(step.name))):
            found.setdefault(name, []).append(step.name)
    return found


def needs_among(steps: Iterable[Step]) -> dict[str, tuple[str, ...]]:
    """Of each step, those of its needs that are run too."""
    chosen = {step.name: step for step in steps}
    return {name: tuple(need for need in step.needs if need in chosen) for name, step in chosen.items()}


def _unknown(name: str, known: Iterable[str]) -> Problem:
    return Problem(
        code="E004",
        what=f"there is no step {name!r}",
        fix=suggest(name, known) or f"steps are: {', '.join(one for one in known if '@' not in one) or 'none'}",
    )


def _require_one_owner(steps: Iterable[Step]) -> None:
    owners: dict[str, str] = {}
    problems = []
    for step in steps:
        for output in step.outputs:
            owner = owners.setdefault(output.rstrip("/"), step.name)
            if owner != step.name:
                problems.append(
                    Problem(
                        code="E005",
                        what=f"the steps {owner!r} and {step.name!r} both own the output {output!r}",
                        fix="give one of them another path",
                    )
                )
    if problems:
        raise ProblemError(*problems)
