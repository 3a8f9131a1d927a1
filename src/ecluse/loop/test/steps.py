"""Running the manifest's steps through the engine."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ecluse.engine.plan import Ended, Node, make_plan
from ecluse.engine.run import run as run_plan
from ecluse.loop.code.checkout import check_out
from ecluse.loop.code.workplace import workplace
from ecluse.loop.services.scratch import scratch
from ecluse.loop.test.affected import Skips
from ecluse.loop.test.attempt import Attempts, Stage
from ecluse.loop.test.cache.recall import Around, Recall, needs_environment
from ecluse.loop.test.evidence import Judged, judge_coverage
from ecluse.loop.test.handover import Handover
from ecluse.loop.test.listed import known_failures
from ecluse.loop.test.missing import require_files
from ecluse.loop.test.pythons import environments_of
from ecluse.loop.test.reaching import outfits
from ecluse.loop.test.select import needs_among, select
from ecluse.loop.test.surroundings import veil
from ecluse.loop.test.telling import Telling, tell_killed
from ecluse.loop.test.verdicts import event_of, judge_flaky, verdict_again, verdict_of, verdict_skipped
from ecluse.model.app import App, Step
from ecluse.model.events import Event
from ecluse.model.ids import Commit, StepName, path_name
from ecluse.model.problem import Problem, ProblemError
from ecluse.model.secret import Secret
from ecluse.model.verdict import Answer, Verdict
from ecluse.ports.world import World

if TYPE_CHECKING:
    from ecluse.loop.security.step import SecurityGate


async def run_steps(
    app: App,
    world: World,
    *,
    commit: Commit,
    dirty: bool = False,
    names: Sequence[str] | None = None,
    only: bool = False,
    jobs: int | None = None,
    fail_fast: bool = False,
    fresh: bool = False,
    environment_secrets: Mapping[str, Secret] | None = None,
    run: str | None = None,
    artifacts: Path | None = None,
    since: str | None = None,
    lenient: bool = False,
) -> tuple[Verdict, ...]:
    """Run steps at `commit` (or the working tree when `dirty`) and return a verdict for each, in manifest order.

    `names` None: all. Otherwise those and what they need, or just those when `only`. What passed before with the same
    inputs isn't run again, unless `fresh`; nothing is kept of a working tree. A coverage verdict follows when
    the manifest asks for one and a step that measures was among them. Logs lie in `home/logs/runs/<run>/`.
    `lenient`: what the security gate could not check is said, and stops nothing.
    `artifacts`: a folder where outputs of needs that aren't run are taken from, and outputs and reports are left.
    `since`: steps are skipped that no change since that revision is for (empty: since each passed last). None, as for a
    ship: whatever has changed, what isn't known to pass is run.
    Cancelled: what ran is ended and recorded, then CancelledError goes on.
    """
    steps = select(app.steps, names, only=only)
    if not steps:
        return ()
    _require_measured(app)
    run = run or world.ids.new("run")
    logs = world.home / "logs" / "runs" / run
    secrets = _granted(steps, environment_secrets or {})
    skips = await _skips(app, steps, world, commit, since, artifacts, dirty=dirty)
    skipped = skips.names(None) if skips else {}
    running = [step for step in steps if step.name not in skipped]
    handover = Handover.of(artifacts, app.steps, running, commit) if artifacts else None
    around = Around(steps=select(app.steps, names), given=handover.given) if handover else None
    recall = None
    if not dirty:
        recall = await Recall.of(app, steps, world, commit=commit, run=run, secrets=secrets, fresh=fresh, around=around)
    await require_files(steps, world, commit, recall.entries if recall else None)
    if skips:
        skipped = skips.names(recall)
    if recall and recall.has(steps, skipped) and (handover is None or _handed_over(handover, steps, recall, logs)):
        known = {**_repeated(recall, logs, run, world), **_skipped(skipped, handover, run, world)}
        return _concluded(app, steps, known, (), recall, run, world)
    with workplace(world.home, run, on_left=lambda left: tell_killed(left, world)) as place:
        checkout = await check_out(world.source, commit, place.folder / "commit", dirty=dirty)
        installed = filter(needs_environment, recall.keyed if recall else steps)
        environments = await environments_of(app, installed, world, checkout)
        if recall:
            recall.learn(environments)
        if skips:
            skipped = skips.names(recall)
        told = _skipped(skipped, handover, run, world)
        async with scratch(world, place.folder / "services") as services:
            stage = Stage(
                outfits=outfits(
                    steps, app, folder=place.folder / "hosts", environment=environments.any, caller=world.env
                ),
                services=services,
                declared=app.services,
                run=run,
                checkout=checkout,
                environments=environments,
                place=place,
                logs=logs,
                gates=app.gates,
                secrets=secrets,
                veiled={path: veil(world.root, path, world.home) for path in environments.made.values()},
                known=await known_failures(steps, checkout, world),
                kept=recall.kept if recall else None,
                lenient=lenient,
            )
            at_once = jobs or os.cpu_count() or 1
            if handover is None:
                return await _run(app, steps, stage, world, recall, told, jobs=at_once, fail_fast=fail_fast)
            await asyncio.to_thread(handover.take, stage.outputs)
            ended = await _run(
                app, steps, stage, world, recall, told, jobs=at_once, fail_fast=fail_fast, hands_over=True
            )
            await asyncio.to_thread(_hand_over, handover, steps, ended, stage, recall)
            return ended


async def _skips(
    app: App, steps: Sequence[Step], world: World, commit: Commit, since: str | None, artifacts: Path | None, *,
    dirty: bool,
) -> Skips | None:  # fmt: skip
    """None where nothing may be skipped: a working tree has changed in ways that no commit knows."""
    if since is None or dirty:
        return None
    return await Skips.of(app, steps, world, commit=commit, since=since, apart=artifacts is not None)


def _skipped(
    skipped: Mapping[StepName, str], handover: Handover | None, run: str, world: World
) -> dict[str, Verdict]:  # fmt: skip
    """They report too: what waits for their answer would wait for ever."""
    found: dict[str, Verdict] = {}
    for name, why in skipped.items():
        found[name] = verdict_skipped(name, why)
        world.ledger.defer(event_of(found[name], run))
        world.reporter.ended(name, ok=True, detail=f"skipped · {why}")
        if handover:
            handover.leave_word(name, why)
    return found


def _hand_over(
    handover: Handover, steps: Sequence[Step], told: Sequence[Verdict], stage: Stage, recall: Recall | None
) -> None:
    answers = {verdict.gate: verdict.answer for verdict in told}
    for step in steps:
        if answers[step.name] is Answer.PASSED:
            handover.leave(step, stage.outputs_of(step.name), recall.stamp(step.name) if recall else "")
        handover.leave_findings(step, stage.outputs_of(step.name))
        handover.leave_papers(step.name, stage.logs, [other.name for other in steps])


def _handed_over(handover: Handover, steps: Sequence[Step], recall: Recall, logs: Path) -> bool:
    """Hand over what is known of all `steps`. False if something can't be had after all: then that has to run."""
    with tempfile.TemporaryDirectory(prefix="ecluse-") as folder:
        known = [step for step in steps if step.name in recall.hits]
        recall.restore_all(Path(folder))
        if any(step.name not in recall.hits for step in known):
            return False
        for step in known:
            recall.bring_papers(recall.hits[step.name], logs)
            outputs = Path(folder) / path_name(step.name)
            handover.leave(step, outputs, recall.stamp(step.name))
            handover.leave_findings(step, outputs)
            handover.leave_papers(step.name, logs, [other.name for other in steps])
    return True


async def _run(
    app: App, steps: Sequence[Step], stage: Stage, world: World, recall: Recall | None, told: Mapping[str, Verdict], *,
    jobs: int, fail_fast: bool, hands_over: bool = False,
) -> tuple[Verdict, ...]:  # fmt: skip
    """Those steps that aren't known to pass. `told` are those that are skipped."""
    needs = needs_among(steps)
    if recall:
        if hands_over:
            await asyncio.to_thread(recall.restore_all, stage.outputs)
        await asyncio.to_thread(recall.restore_for, needs, stage.outputs)
    known = {**(_repeated(recall, stage.logs, stage.run, world) if recall else {}), **told}
    attempts = {step.name: _action(step, app, stage) for step in steps if step.name not in known}
    nodes = [_node(step, _among(needs[step.name], attempts), attempts[step.name], stage.run)
             for step in steps if step.name in attempts]  # fmt: skip
    tell = Telling(world)
    ended = await run_plan(make_plan(nodes), world, jobs=jobs, fail_fast=fail_fast, on_event=tell)
    verdicts = {**known, **{name: verdict_of(end, attempts[StepName(name)].logs) for name, end in ended.items()}}
    if recall:
        await asyncio.to_thread(recall.tidy)
    results = [end.outcome.result for end in ended.values() if end.outcome]
    return _concluded(app, steps, verdicts, results, recall, stage.run, world)


def _action(step: Step, app: App, stage: Stage) -> Attempts | SecurityGate:
    if not step.builtin or app.security is None:
        return Attempts(step, step.needs, stage)
    from ecluse.loop.security.step import SecurityGate  # noqa: PLC0415  most runs don't scan

    return SecurityGate(step, app.security, app, stage, lenient=stage.lenient)


def _repeated(recall: Recall, logs: Path, run: str, world: World) -> dict[str, Verdict]:
    """What is known to pass, as if it had been run: recorded, shown, its log and reports in their place."""
    found: dict[str, Verdict] = {}
    for name, entry in recall.hits.items():
        recall.bring_papers(entry, logs)
        found[name] = verdict_again(entry, logs)
        world.ledger.defer(event_of(found[name], run))
        world.reporter.ended(name, ok=True, detail=" · ".join(("cached", *entry.evidence[:1])))
    return found


def _concluded(
    app: App, steps: Sequence[Step], verdicts: Mapping[str, Verdict], results: Sequence[Judged],
    recall: Recall | None, run: str, world: World,
) -> tuple[Verdict, ...]:  # fmt: skip
    """The verdicts in the steps' order, and that of their coverage."""
    told = [verdicts[step.name] for step in steps]
    if any(step.evidence.coverage for step in steps):
        known = recall.hits.values() if recall else ()
        measured = [*(done.covered for done in results), *(entry.covered for entry in known)]
        skipped = [
            step.name for step in steps if step.evidence.coverage and verdicts[step.name].answer is Answer.SKIPPED
        ]
        coverage = judge_coverage(app.gates, [covered for covered in measured if covered is not None], skipped)
        if coverage:
            world.ledger.append(event_of(coverage, run))
            told.append(coverage)
    if flaky := judge_flaky(app.gates, told):
        world.ledger.append(event_of(flaky, run))
        told.append(flaky)
    if recall and (warning := recall.warning):
        world.ledger.append(event_of(warning, run))
        told.append(warning)
    return tuple(told)


def _among(needs: Sequence[str], running: Collection[str]) -> tuple[str, ...]:
    """Of the needs those that are run: the others have passed before."""
    return tuple(need for need in needs if need in running)


def _require_measured(app: App) -> None:
    if app.gates.coverage is None or any(step.evidence.coverage for step in app.steps):
        return
    raise ProblemError(
        Problem(
            code="E017",
            what=f"[gates] asks for {app.gates.coverage:g} % coverage, and no step leaves a coverage report",
            fix='let the test step run `coverage json` and add coverage = "coverage.json" to it',
        )
    )


def _granted(steps: Sequence[Step], secrets: Mapping[str, Secret]) -> dict[str, Secret]:
    """Only what a step of this run asks for: an env file's other values aren't here, so they can't be printed."""
    names = {name for step in steps for name in step.secrets}
    return {name: secret for name, secret in secrets.items() if name in names}


def _node(step: Step, needs: tuple[str, ...], attempts: Attempts | SecurityGate, run: str) -> Node:
    # The time-out of an attempt is the command's: ended by its supervisor, a step leaves its log and its reports.
    def record(ended: Ended) -> tuple[Event, ...]:
        return (event_of(verdict_of(ended, attempts.logs), run),)

    return Node(
        name=step.name, needs=needs, action=attempts, retries=step.retries, record=record, locks=frozenset(step.locks)
    )
