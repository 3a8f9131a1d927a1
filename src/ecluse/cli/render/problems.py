"""A Problem as a tired reader needs it: what, evidence, state now, what to type next."""

from __future__ import annotations

import click

from ecluse.model.problem import Problem


def lines(problem: Problem) -> list[str]:
    place = f"{problem.where}: " if problem.where else ""
    text = [f"{place}{problem.what}   [{problem.code}]"]
    text += [f"  | {line}" for fact in problem.evidence for line in fact.splitlines()]
    if problem.state:
        text.append(f"  now: {problem.state}")
    text.append(f"  fix: {problem.fix}")
    return text


def render(problem: Problem) -> None:
    first, *rest = lines(problem)
    click.secho(first, fg="red", bold=True, err=True)
    for line in rest:
        click.secho(line, err=True, dim=line.startswith("  |"))
