"""Which reporter tells: by where standard error leads."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from ecluse.ports.clock import Clock
from ecluse.ports.reporter import Reporter
from ecluse.providers.terminal.reporter import LiveReporter, PlainReporter

if TYPE_CHECKING:
    from rich.console import Console


def reporter(clock: Clock, env: Mapping[str, str], *, no_colour: bool) -> Reporter:
    """Live on a terminal; in a CI whose log folds, folded; plain elsewhere. NO_COLOR (no-color.org) is respected."""
    if not sys.stderr.isatty():
        return _in_ci(sys.stderr, clock, env) or PlainReporter(sys.stderr, clock)

    def console() -> Console:
        from rich.console import Console  # noqa: PLC0415

        return Console(stderr=True, no_color=no_colour)

    return LiveReporter(console, clock)


def on_github(env: Mapping[str, str]) -> bool:
    return env.get("GITHUB_ACTIONS") == "true"


def _in_ci(stream: TextIO, clock: Clock, env: Mapping[str, str]) -> Reporter | None:
    """They build on what is above."""
    from ecluse.providers.terminal.folding import FoldingReporter  # noqa: PLC0415

    if on_github(env):
        from ecluse.providers.terminal.github import GithubFolds  # noqa: PLC0415

        summary = env.get("GITHUB_STEP_SUMMARY")
        return FoldingReporter(stream, clock, GithubFolds(Path(summary) if summary else None))
    if env.get("GITLAB_CI") == "true":
        from ecluse.providers.terminal.gitlab import GitlabFolds  # noqa: PLC0415

        return FoldingReporter(stream, clock, GitlabFolds(clock))
    return None
