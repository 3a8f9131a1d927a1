"""What `check`, `test` and `run` share: their options, and running an order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click

from ecluse import assembly
from ecluse.cli import options, session
from ecluse.cli.render import steps as render
from ecluse.loop.test.verb import StepsOrder, run_order, steps_of_order
from ecluse.model.app import App, Environment, Step
from ecluse.model.ids import EnvironmentName
from ecluse.model.problem import Exit, ProblemError
from ecluse.model.secret import Secret
from ecluse.model.values import frozen
from ecluse.ports.world import World

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


@frozen
class Asked:
    """The shared options, as typed."""

    revision: str
    dirty: bool
    jobs: int | None
    fail_fast: bool
    fresh: bool
    since: str
    dry_run: bool
    as_json: bool
    folder: Path


def shared_options(command: Decorated) -> Decorated:
    """They arrive as keyword arguments with the names of `Asked`."""
    for option in (
        options.folder,
        options.as_json,
        options.dry_run,
        click.option("--fresh", "--no-cache", is_flag=True, help="Run every step, whatever has passed before."),
        click.option(
            "--since",
            metavar="REF",
            default="",
            help="Skip steps with `paths` in which nothing has changed since then (default: since they passed last).",
        ),
        click.option("--fail-fast", is_flag=True, help="Cancel the other steps when one fails."),
        click.option("--jobs", type=click.IntRange(min=1), help="Steps at once (default: one for each processor)."),
        click.option("--dirty", is_flag=True, help="The working tree as it lies."),
        click.option("--commit", "revision", default="HEAD", show_default=True, help="The commit to run at."),
    ):
        command = option(command)
    return command


def run(verb: str, names: Callable[[App], tuple[str, ...]], asked: Asked, *, only: bool = False,
        artifacts: Path | None = None) -> None:  # fmt: skip
    """Run the steps that `names` picks, show how they ended, and exit."""
    if asked.since and (asked.dirty or asked.fresh):
        raise click.UsageError("--since compares commits: leave --dirty and --fresh out")

    async def work(at: session.Session) -> Exit:
        there, commit = await at.at(asked.revision, dirty=asked.dirty)
        app = there.app
        order = StepsOrder(
            verb=verb,
            names=names(app),
            commit=commit,
            dirty=asked.dirty,
            only=only,
            jobs=asked.jobs,
            fail_fast=asked.fail_fast,
            fresh=asked.fresh,
            artifacts=artifacts,
            since=asked.since,
        )
        steps = steps_of_order(app, order)
        if asked.dry_run:
            return render.planned(steps, as_json=asked.as_json)
        order = replace(order, secrets=secrets_of(steps, at.world))
        with ending_what_runs():
            done = await run_order(order, app, at.world)
        for one in done.renewed:
            assembly.save(one.path, one.text)
        return render.ended(done, as_json=asked.as_json)

    session.run(asked.folder, work, as_json=asked.as_json)


@contextmanager
def ending_what_runs() -> Iterator[None]:
    """Of steps alone no host has been told anything."""
    try:
        yield
    except asyncio.CancelledError:
        from ecluse.loop.deploy.problems import interrupted  # noqa: PLC0415  most runs end by themselves

        ended = replace(interrupted(), state="what ran is ended; what had passed before needn't run again")
        raise ProblemError(ended) from None


def secrets_of(steps: tuple[Step, ...], world: World) -> Mapping[str, Secret]:
    """What the steps are granted, from the caller's environment and `.env`, `.env.local`."""
    names = sorted({name for step in steps for name in step.secrets})
    if not names:
        return {}
    from ecluse.manifest.dotenv import settings  # noqa: PLC0415

    return settings(world.root, Environment(name=EnvironmentName("local")), world.env, names).secrets
