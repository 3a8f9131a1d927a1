"""Which steps are run. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ecluse.model.app import Step
from ecluse.model.problem import Problem, ProblemError
from ecluse.model.suggestion import suggest


def select(steps: Sequence[Step], names: Iterable[str] | None, *, only: bool = False) -> tuple[Step, ...]:
    """The named steps with all that they need (without it when `only`), in the manifest's order; all for None.

    Names that aren't there: ProblemError E004. Two of the chosen that own one output: E005.
    """
    known: dict[str, Step] = {step.name: step for step in steps}
    wanted: list[str] = list(known) if names is None else list(names)
    if unknown := [name for name in wanted if name not in known]:
        raise ProblemError(*(_unknown(name, known) for name in unknown))
    picked = dict.fromkeys(wanted)
    while wanted and not only:
        wanted = [need for name in wanted for need in known[name].needs if need not in picked and need in known]
        picked |= dict.fromkeys(wanted)
    chosen = tuple(step for step in steps if step.name in picked)
    _require_one_owner(chosen)
    return chosen


def needs_among(steps: Iterable[Step]) -> dict[str, tuple[str, ...]]:
    """Of each step, those of its needs that are run too."""
    chosen = {step.name: step for step in steps}
    return {name: tuple(need for need in step.needs if need in chosen) for name, step in chosen.items()}


def _unknown(name: str, known: Iterable[str]) -> Problem:
    return Problem(
        code="E004",
        what=f"there is no step {name!r}",
        fix=suggest(name, known) or f"steps are: {', '.join(known) or 'none'}",
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
