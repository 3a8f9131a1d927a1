"""Running, through the engine, those steps of a run that aren't known to pass."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ecluse.engine.plan import Ended, Node, make_plan
from ecluse.engine.run import run as run_plan
from ecluse.loop.code.checkout import check_out
from ecluse.loop.code.workplace import workplace
from ecluse.loop.services.scratch import scratch
from ecluse.loop.test.attempt import Attempts, Stage
from ecluse.loop.test.cache.recall import Recall, needs_environment
from ecluse.loop.test.concluding import concluded, repeated, skipped
from ecluse.loop.test.ended import verdict_of
from ecluse.loop.test.listed import known_failures
from ecluse.loop.test.pythons import environments_of
from ecluse.loop.test.reaching import outfits
from ecluse.loop.test.select import needs_among
from ecluse.loop.test.surroundings import veil
from ecluse.loop.test.telling import Telling
from ecluse.loop.test.verdicts import event_of
from ecluse.model.app import App, Step
from ecluse.model.events.event import Event
from ecluse.model.ids import Commit
from ecluse.model.secret import Secret
from ecluse.model.values import frozen
from ecluse.model.verdict import Answer, Verdict
from ecluse.ports.world import World

if TYPE_CHECKING:
    from ecluse.loop.security.step import SecurityGate
    from ecluse.loop.test.affected import Skips
    from ecluse.loop.test.handover import Handover


@frozen
class Wanted:
    """A run of which something has to be run. `steps` are all of it, `logs` its folder of logs."""

    app: App
    steps: Sequence[Step]
    commit: Commit
    dirty: bool
    run: str
    logs: Path
    secrets: Mapping[str, Secret]
    recall: Recall | None
    skips: Skips | None
    handover: Handover | None
    jobs: int | None
    fail_fast: bool
    lenient: bool


async def run_wanted(wanted: Wanted, world: World) -> tuple[Verdict, ...]:
    """The verdicts of all its steps, in their order. Cancelled: what ran is ended and recorded, then CancelledError
    goes on."""
    app, steps, recall, handover = wanted.app, wanted.steps, wanted.recall, wanted.handover
    with workplace(world.home, wanted.run) as place:
        checkout = await check_out(world.source, wanted.commit, place.folder / "commit", dirty=wanted.dirty)
        installed = filter(needs_environment, recall.keyed if recall else steps)
        environments = await environments_of(app, installed, world, checkout)
        if recall:
            recall.learn(environments)
        told = skipped(wanted.skips.names(recall) if wanted.skips else {}, handover, wanted.run, world)
        async with scratch(world, place.folder / "services") as services:
            stage = Stage(
                outfits=outfits(
                    steps, app, folder=place.folder / "hosts", environment=environments.any, caller=world.env
                ),
                services=services,
                declared=app.services,
                run=wanted.run,
                checkout=checkout,
                environments=environments,
                place=place,
                logs=wanted.logs,
                gates=app.gates,
                secrets=wanted.secrets,
                veiled={path: veil(world.root, path, world.home) for path in environments.made.values()},
                known=await known_failures(steps, checkout, world),
                kept=recall.kept if recall else None,
                lenient=wanted.lenient,
            )
            if handover is None:
                return await _run(wanted, stage, world, told)
            await asyncio.to_thread(handover.take, stage.outputs)
            ended = await _run(wanted, stage, world, told)
            await asyncio.to_thread(_hand_over, handover, steps, ended, stage, recall)
            return ended


async def _run(wanted: Wanted, stage: Stage, world: World, told: Mapping[str, Verdict]) -> tuple[Verdict, ...]:
    """Those steps that aren't known to pass. `told` are those that are skipped."""
    app, steps, recall = wanted.app, wanted.steps, wanted.recall
    needs = needs_among(steps)
    if recall:
        if wanted.handover:
            await asyncio.to_thread(recall.restore_all, stage.outputs)
        await asyncio.to_thread(recall.restore_for, needs, stage.outputs)
    known = {**(repeated(recall, stage.logs, stage.run, world) if recall else {}), **told}
    attempts = {step.name: _action(step, app, stage) for step in steps if step.name not in known}
    verdicts: dict[str, Verdict] = {}
    nodes = [_node(step, _among(needs[step.name], attempts), attempts[step.name], stage.run, verdicts)
             for step in steps if step.name in attempts]  # fmt: skip
    jobs, tell = wanted.jobs or os.cpu_count() or 1, Telling(world, verdicts)
    ended = await run_plan(make_plan(nodes), world, jobs=jobs, fail_fast=wanted.fail_fast, on_event=tell)
    if recall:
        await asyncio.to_thread(recall.tidy)
    results = [end.outcome.result for end in ended.values() if end.outcome]
    return concluded(app, steps, {**known, **verdicts}, results, recall, stage.run, world)


def _action(step: Step, app: App, stage: Stage) -> Attempts | SecurityGate:
    if not step.builtin or app.security is None:
        return Attempts(step, step.needs, stage)
    from ecluse.loop.security.step import SecurityGate  # noqa: PLC0415  most runs don't scan

    return SecurityGate(step, app.security, app, stage, lenient=stage.lenient)


def _hand_over(
    handover: Handover, steps: Sequence[Step], told: Sequence[Verdict], stage: Stage, recall: Recall | None
) -> None:
    answers = {verdict.gate: verdict.answer for verdict in told}
    for step in steps:
        if answers[step.name] is Answer.PASSED:
            handover.leave(step, stage.outputs_of(step.name), recall.stamp(step.name) if recall else "")
        handover.leave_findings(step, stage.outputs_of(step.name))
        handover.leave_papers(step.name, stage.logs, [other.name for other in steps])


def _among(needs: Sequence[str], running: Collection[str]) -> tuple[str, ...]:
    """Of the needs those that are run: the others have passed before."""
    return tuple(need for need in needs if need in running)


def _node(
    step: Step, needs: tuple[str, ...], attempts: Attempts | SecurityGate, run: str, verdicts: dict[str, Verdict]
) -> Node:
    """`verdicts` gets the step's, before it is told."""

    masked = attempts.masked if isinstance(attempts, Attempts) else str

    # The time-out of an attempt is the command's: ended by its supervisor, a step leaves its log and its reports.
    def record(ended: Ended) -> tuple[Event, ...]:
        verdicts[step.name] = verdict_of(ended, attempts.logs, masked)
        return (event_of(verdicts[step.name], run),)

    return Node(
        name=step.name, needs=needs, action=attempts, retries=step.retries, record=record, locks=frozenset(step.locks)
    )
