"""A reason that a person gives: one that only names an environment is a slip, and would act on another one."""

from __future__ import annotations

import shlex

import click

from ecluse.model.app import App
from ecluse.model.problem import Exit, Problem, ProblemError


def require_reason(option: str, given: str, argument: str | None, app: App) -> None:
    """ProblemError D054 where the environment stands in the place of the reason; `argument` is the word that stands in
    the place of the environment. Typed as `ecluse deploy --override production`, it would deploy to `local`."""
    names = {environment.name.casefold(): environment.name for environment in app.environments}
    meant = names.get(given.casefold())
    if meant is None:
        return
    is_swapped = argument is not None and argument.casefold() not in names
    place = meant if is_swapped or argument is None else argument
    why = shlex.quote(argument) if argument is not None and is_swapped else '"why"'
    context = click.get_current_context(silent=True)
    verb = context.info_name if context else ""
    raise ProblemError(
        Problem(
            code="D054",
            what=f"{option} wants a reason, and '{given}' is an environment",
            state="nothing was changed",
            fix=f"ecluse {verb} {place} {option} {why}",
            exit=Exit.USAGE,
        )
    )
