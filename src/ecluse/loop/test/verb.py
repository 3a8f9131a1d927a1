"""`check`, `test` and `run`: steps by themselves, recorded as a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from ecluse.loop.test.select import select
from ecluse.loop.test.steps import run_steps
from ecluse.loop.test.under_way import under_way
from ecluse.loop.test.verdicts import event_of
from ecluse.model.app import App, Step
from ecluse.model.events.runs import RunEnded, RunStarted
from ecluse.model.ids import Commit
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.model.secret import Secret
from ecluse.model.values import frozen
from ecluse.model.verdict import Answer, Verdict
from ecluse.ports.world import World

if TYPE_CHECKING:
    from ecluse.loop.test.listed import Renewed

WITH = {"test": "security"}
"""The group that goes along with another."""


@frozen
class StepsOrder:
    """What the person asked for. `verb` is the command's name; `jobs` None: one for each processor."""

    verb: str
    names: tuple[str, ...]
    commit: Commit
    dirty: bool = False
    only: bool = False
    jobs: int | None = None
    fail_fast: bool = False
    fresh: bool = False
    """Run what passed before, too."""
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    lenient: bool = False
    """What the security gate could not check is said, and stops nothing."""
    artifacts: Path | None = None
    """Where outputs of needs that aren't run are taken from, and outputs and reports are left."""
    since: str = ""
    """What the commit is compared with to skip steps; empty: where each passed last. Not asked when `fresh`."""


@frozen
class StepsDone:
    """How it ended. `outcome` is `passed` or `failed`."""

    outcome: str
    run: str
    commit: Commit
    dirty: bool
    seconds: float
    verdicts: tuple[Verdict, ...]
    renewed: tuple[Renewed, ...] = ()
    """Lists of known failures to be written again: tests of the working tree pass that they name."""

    @property
    def exit(self) -> Exit:
        return Exit.DONE if self.outcome == Answer.PASSED else Exit.REFUSED

    @property
    def warnings(self) -> int:
        """How many answers are missing without stopping anything: a shared cache that was away, say."""
        return sum(verdict.answer is Answer.NOT_CHECKED and not verdict.stops for verdict in self.verdicts)


def steps_of_group(app: App, group: str) -> tuple[str, ...]:
    """The names of a group's steps. None declared: ProblemError E016, since nothing checked is not a pass."""
    names = tuple(step.name for step in app.steps if step.group == group)
    if not names:
        raise ProblemError(
            Problem(
                code="E016",
                what=f"the manifest declares no step of the group {group!r}",
                fix=f'add [steps.<name>] with a command and group = "{group}" to ecluse.toml',
            )
        )
    return names + tuple(step.name for step in app.steps if step.group == WITH.get(group))


def steps_of_order(app: App, order: StepsOrder) -> tuple[Step, ...]:
    """What would run, in the manifest's order."""
    return select(app.steps, order.names, only=order.only)


async def run_order(order: StepsOrder, app: App, world: World) -> StepsDone:
    """Run what is asked for. Cancelled: recorded as `interrupted`, then CancelledError goes on."""
    began = world.clock.monotonic()
    steps_of_order(app, order)
    commit = order.commit
    run = world.ids.new("run")
    with under_way(world, RunStarted(run=run, verb=order.verb, commit=commit, dirty=order.dirty)):
        outcome = "interrupted"
        verdicts: tuple[Verdict, ...] = ()
        try:
            verdicts = await _verdicts(order, app, commit, run, world)
            if order.verb == "check":
                verdicts += await _ci_files(order, app, run, world)
            outcome = Answer.FAILED if any(verdict.stops for verdict in verdicts) else Answer.PASSED
        except ProblemError:
            outcome = "halted"
            raise
        finally:
            seconds = round(world.clock.monotonic() - began, 3)
            world.ledger.append(RunEnded(run=run, outcome=outcome, seconds=seconds))
    return StepsDone(
        outcome=outcome,
        run=run,
        commit=commit,
        dirty=order.dirty,
        seconds=seconds,
        verdicts=verdicts,
        renewed=_renewals(app, verdicts, world) if order.dirty else (),
    )


def _renewals(app: App, verdicts: Sequence[Verdict], world: World) -> tuple[Renewed, ...]:
    from ecluse.loop.test.listed import renewals  # noqa: PLC0415  a working tree's alone

    return renewals(app.steps, verdicts, world.root)


async def _ci_files(order: StepsOrder, app: App, run: str, world: World) -> tuple[Verdict, ...]:
    from ecluse.loop.ci.files import file_verdicts  # noqa: PLC0415  `check` alone looks at them

    found = await file_verdicts(app, world, order.commit, dirty=order.dirty)
    for verdict in found:
        world.ledger.append(event_of(verdict, run))
    return found


async def _verdicts(order: StepsOrder, app: App, commit: Commit, run: str, world: World) -> tuple[Verdict, ...]:
    return await run_steps(
        app,
        world,
        commit=commit,
        dirty=order.dirty,
        names=order.names,
        only=order.only,
        jobs=order.jobs,
        fail_fast=order.fail_fast,
        fresh=order.fresh,
        environment_secrets=order.secrets,
        run=run,
        artifacts=order.artifacts,
        since=None if order.fresh else order.since,
        lenient=order.lenient,
    )
