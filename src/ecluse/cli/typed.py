"""Commands in what we say, so that they can be typed as they stand.

A hint such as "`ecluse rollback`" is written without knowing for which environment; typed so after a failed
`ecluse ship production`, it would act on `local`.
"""

from __future__ import annotations

import re
from dataclasses import replace

import click

from ecluse.cli.options import APP
from ecluse.model.problem import Problem

VERBS = "approve|converge|deploy|history|logs|promote|resume|rollback|ship|status|stop|undo|unlock"
BARE = re.compile(rf"\becluse (?:{VERBS})\b(?! (?:[\w{{<]|--env\b))")
"""A verb that takes an environment, and none behind it."""


def as_typed(problem: Problem) -> Problem:
    """With the environment, and the app, of the command that runs."""
    words = _here()
    return replace(problem, fix=BARE.sub(lambda found: found[0] + words, problem.fix)) if words else problem


def _here() -> str:
    context = click.get_current_context(silent=True)
    if context is None:
        return ""
    place = context.params.get("environment_argument") or context.params.get("environment_option") or ""
    app = context.meta.get(APP) or ""
    return (f" {place}" if place not in {"", "local"} else "") + (f" --app {app}" if app else "")
