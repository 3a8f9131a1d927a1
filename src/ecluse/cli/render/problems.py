"""A Problem as a tired reader needs it: what, evidence, state now, what to type next."""

from __future__ import annotations

import click

from ecluse import assembly
from ecluse.cli.typed import as_typed
from ecluse.model.harmless import harmless
from ecluse.model.problem import Problem

WIDEST = 500
"""Characters of a line of evidence: it may be the output of anything."""
MOST = 30
"""Lines of one piece of evidence, the last ones."""


def lines(problem: Problem) -> list[str]:
    place = f"{problem.where}: " if problem.where else ""
    text = [f"{place}{shortened(problem.what)}   [{problem.code}]"]
    text += [f"  | {shortened(line)}" for fact in problem.evidence for line in last(fact)]
    if problem.state:
        text.append(f"  now: {problem.state}")
    text.append(f"  fix: {problem.fix}")
    return text


def last(fact: str) -> list[str]:
    found = fact.splitlines()
    return found if len(found) <= MOST else [f"({len(found) - MOST} lines before)", *found[-MOST:]]


def shortened(line: str) -> str:
    """For people: not too wide, and nothing that a forge's log would take for a command."""
    line = harmless(line)
    return line if len(line) <= WIDEST else f"{line[:WIDEST]}… ({len(line)} characters)"


def render(problem: Problem) -> None:
    typed = as_typed(problem)
    click.echo(assembly.beside_the_file(typed), err=True, nl=False)
    first, *rest = lines(typed)
    click.secho(first, fg="red", bold=True, err=True)
    for line in rest:
        click.secho(line, err=True, dim=line.startswith("  |"))
