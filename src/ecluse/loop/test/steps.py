"""Running the manifest's steps through the engine."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from ecluse.engine.plan import Ended, Node, State, make_plan
from ecluse.engine.run import Began
from ecluse.engine.run import run as run_plan
from ecluse.loop.code.checkout import check_out
from ecluse.loop.code.workplace import workplace
from ecluse.loop.services.scratch import scratch
from ecluse.loop.test.attempt import Attempts, Stage
from ecluse.loop.test.evidence import Judged, judge_coverage
from ecluse.loop.test.listed import known_failures
from ecluse.loop.test.select import needs_among, select
from ecluse.loop.test.surroundings import veil
from ecluse.model.app import App, Step
from ecluse.model.events import Event, StepEnded
from ecluse.model.ids import Commit
from ecluse.model.problem import Problem, ProblemError
from ecluse.model.secret import Secret
from ecluse.model.verdict import Answer, Verdict
from ecluse.ports.world import World

_ANSWERS = {State.PASSED: Answer.PASSED, State.FAILED: Answer.FAILED, State.NOT_RUN: Answer.NOT_RUN}


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
    environment_secrets: Mapping[str, Secret] | None = None,
    run: str | None = None,
) -> tuple[Verdict, ...]:
    """Run steps at `commit` (or the working tree when `dirty`) and return a verdict for each, in manifest order.

    `names` None: all. Otherwise those and what they need, or just those when `only`. A coverage verdict follows when
    the manifest asks for one and a step that measures was among them. Logs lie in `home/logs/runs/<run>/`.
    Cancelled: what ran is ended and recorded, then CancelledError goes on.
    """
    steps = select(app.steps, names, only=only)
    if not steps:
        return ()
    _require_measured(app)
    run = run or world.ids.new("run")
    with workplace(world.home, run) as place:
        checkout = await check_out(world.source, commit, place.folder / "commit", dirty=dirty)
        tree, build = checkout.sources(app.build)
        environment = await world.toolchain.environment(
            tree,
            build,
            tests=True,
            identity="" if dirty else f"{world.root}@{commit}",
            say=lambda text: world.reporter.line("environment", text),
        )
        async with scratch(world, place.folder / "services") as services:
            stage = Stage(
                services=services,
                declared=app.services,
                run=run,
                checkout=checkout,
                environment=environment,
                place=place,
                logs=world.home / "logs" / "runs" / run,
                gates=app.gates,
                secrets=_granted(steps, environment_secrets or {}),
                veiled=veil(world.root, environment, world.home),
                known=await known_failures(steps, checkout, world),
            )
            return await _run(app, steps, stage, world, jobs=jobs or os.cpu_count() or 1, fail_fast=fail_fast)


async def _run(
    app: App, steps: Sequence[Step], stage: Stage, world: World, *, jobs: int, fail_fast: bool
) -> tuple[Verdict, ...]:
    needs = needs_among(steps)
    attempts = {step.name: Attempts(step, needs[step.name], stage) for step in steps}
    nodes = [_node(step, needs[step.name], attempts[step.name], stage.run) for step in steps]
    ended = await run_plan(
        make_plan(nodes), world, jobs=jobs, fail_fast=fail_fast, on_event=lambda event: _tell(event, world)
    )
    verdicts = [verdict_of(ended[step.name], attempts[step.name].log) for step in steps]
    if any(step.evidence.coverage for step in steps):
        outcomes = [end.outcome.result for end in ended.values() if end.outcome]
        coverage = judge_coverage(app.gates, [done.covered for done in outcomes if done.covered is not None])
        if coverage:
            world.ledger.append(event_of(coverage, stage.run))
            verdicts.append(coverage)
    return tuple(verdicts)


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


def _node(step: Step, needs: tuple[str, ...], attempts: Attempts, run: str) -> Node:
    # The time-out of an attempt is the command's: ended by its supervisor, a step leaves its log and its reports.
    def record(ended: Ended) -> tuple[Event, ...]:
        return (event_of(verdict_of(ended, attempts.log), run),)

    return Node(name=step.name, needs=needs, action=attempts, retries=step.retries, record=record)


def verdict_of(ended: Ended, log: Path) -> Verdict:
    """What a step's end means. Passed after a retry is flaky, and says so."""
    judged: Judged | None = ended.outcome.result if ended.outcome else None
    flaky = (f"flaky: passed at attempt {ended.attempts}",) if _is_flaky(ended) else ()
    problems = [f"{problem}; {problem.fix}" for problem in ended.problems]
    why = problems or ([ended.why] if ended.why else [])
    evidence = (*flaky, *(judged.evidence if judged else ()), *why)
    return Verdict(
        gate=ended.name,
        answer=_ANSWERS[ended.state],
        evidence=evidence,
        log=str(log) if ended.attempts else "",
        seconds=round(ended.seconds, 3),
        attempts=ended.attempts,
        known_failures=judged.known if judged else (),
        cured=judged.cured if judged else (),
    )


def _is_flaky(ended: Ended) -> bool:
    return ended.state is State.PASSED and ended.attempts > 1


def event_of(verdict: Verdict, run: str) -> StepEnded:
    """What the ledger keeps of it."""
    return StepEnded(
        run=run,
        step=verdict.gate,
        answer=verdict.answer,
        seconds=verdict.seconds,
        attempts=verdict.attempts,
        evidence=verdict.evidence,
        log=verdict.log,
    )


def _tell(event: Began | Ended, world: World) -> None:
    if isinstance(event, Began):
        detail = f"attempt {event.attempt}" if event.attempt > 1 else ""
        world.reporter.began(event.name, detail)
        return
    verdict = verdict_of(event, Path())
    detail = next(iter(verdict.evidence), "")
    world.reporter.ended(event.name, ok=event.state is State.PASSED, detail=detail)
