"""Each step run once, as a ship would run it: what passes today becomes a gate, what fails is said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from ecluse.loop.plan.bench import Bench
from ecluse.loop.plan.proposal import Proposal, Trial
from ecluse.loop.plan.resolve import LOCAL
from ecluse.loop.test.attempt import Attempts, Stage
from ecluse.loop.test.evidence import Judged
from ecluse.loop.test.junit import TestReport, UnreadableReportError, parse_junit
from ecluse.loop.test.surroundings import veil
from ecluse.model.app import App, Step
from ecluse.model.ids import StepName

GO_ON = "--continue-on-collection-errors"
"""pytest runs the rest when a file of tests can't be imported."""
LEAST = 15.0
"""Seconds without which a step isn't begun."""
MOST_KNOWN = 0.5
"""A suite of which more than this part fails says nothing about the next change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """How a step ended: `why` it can't be a gate as it is, empty when it can."""

    step: Step
    answer: str
    ok: bool
    why: str = ""
    passed: int = 0
    """Tests that passed."""

    @property
    def is_clean(self) -> bool:
        return self.ok and not self.step.known_failures


Timed = tuple[Seen, float]
"""With the seconds that it took."""


async def try_steps(proposal: Proposal, environment: Path, bench: Bench, run: str, limit: timedelta) -> Proposal:
    """The proposal with what its steps showed, each within `limit`."""
    stage = Stage(
        run=run,
        checkout=bench.checkout,
        environment=environment,
        place=bench.place,
        logs=bench.world.home / "logs" / "runs" / run,
        gates=proposal.app.gates,
        secrets={},
        veiled=veil(bench.world.root, environment, bench.world.home),
        services=bench.services,
        declared=proposal.app.services,
    )
    local = proposal.app.environment(LOCAL)
    settings = {**proposal.app.env, **(local.env if local else {})}
    for step in proposal.app.steps:
        proposal = settle(proposal, step, await try_step(step, settings, stage, bench, limit))
    return proposal


async def try_step(step: Step, settings: Mapping[str, str], stage: Stage, bench: Bench, limit: timedelta) -> Timed:
    """Run it; what doesn't pass once more with the app's `settings`, which are kept if it then does better.

    Without them first: a suite that sets its own (`os.environ.setdefault`) must not meet ours.
    """
    reporter, clock = bench.world.reporter, bench.world.clock
    began = clock.monotonic()
    if bench.left < LEAST:
        return Seen(step=step, answer="not run: no time was left", ok=False, why="it was not tried"), 0.0
    reporter.began(step.name, " ".join(step.command))
    seen = await collected(step, stage, bench, limit)
    if settings and not seen.is_clean and bench.left >= LEAST:
        given = await collected(replace(step, env={**settings, **step.env}), stage, bench, limit, again="-set")
        seen = max(seen, given, key=lambda one: (one.ok, one.passed))
    if stage.declared and step.group == "test" and not seen.is_clean and bench.left >= LEAST:
        alone = await collected(replace(step, services=()), stage, bench, limit, again="-alone")
        seen = max(seen, alone, key=lambda one: (one.ok, one.passed))
    reporter.ended(step.name, ok=seen.ok, detail=seen.answer)
    return seen, round(clock.monotonic() - began, 3)


async def collected(step: Step, stage: Stage, bench: Bench, limit: timedelta, *, again: str = "") -> Seen:
    """One attempt; of a suite of which some files can't be collected one more without them."""
    seen, report = await once(step, stage, bench, limit, again=again)
    if step.evidence.junit and not seen.ok and GO_ON not in step.command and uncollected(step, report):
        going_on = replace(step, command=(*step.command, GO_ON))
        seen, report = await once(going_on, stage, bench, limit, again=f"{again}-again")
    return seen


def uncollected(step: Step, report: TestReport | None) -> bool:
    """Whether pytest stopped before the first test, because files could not be imported."""
    return "pytest" in step.command and report is not None and bool(report.failed) and not report.passed


async def once(
    step: Step, stage: Stage, bench: Bench, limit: timedelta, *, again: str = ""
) -> tuple[Seen, TestReport | None]:
    """One attempt. `again` keeps the tree and the report of another one apart from those of the first."""
    name = StepName(f"{step.name}{again}")
    limited = replace(step, name=name, timeout=min(limit, timedelta(seconds=max(1.0, bench.left))))
    outcome = await Attempts(limited, (), stage)(bench.world)
    judged = outcome.result
    assert isinstance(judged, Judged)  # noqa: S101 (what an attempt's outcome carries)
    report = read(stage.logs / f"{name}.{Path(step.evidence.junit).name}") if step.evidence.junit else None
    return judge_once(step, judged, report), report


def read(path: Path) -> TestReport | None:
    try:
        return parse_junit(path.read_bytes())
    except (OSError, UnreadableReportError):
        return None


def judge_once(step: Step, judged: Judged, report: TestReport | None) -> Seen:
    """Passed: a gate. Some tests fail: a gate with those named. Else no gate. Pure."""
    said = judged.evidence[0] if judged.evidence else "passed"
    passed = len(report.passed) if report else 0
    if judged.passed:
        return Seen(step=step, answer=judged.evidence[-1] if judged.evidence else "passed", ok=True, passed=passed)
    if report is None or not report.passed:
        return Seen(step=step, answer=said, ok=False, why=said)
    failed = tuple(sorted(report.failed))
    share = len(failed) / report.executed
    if not failed or share > MOST_KNOWN:
        why = f"{len(failed)} of {report.executed} tests fail: {said}" if failed else said
        return Seen(step=step, answer=why, ok=False, why=why, passed=passed)
    answer = f"{report.executed} tests, {len(failed)} fail and are listed as known failures"
    return Seen(step=replace(step, known_failures=failed), answer=answer, ok=True, passed=passed)


def settle(proposal: Proposal, step: Step, outcome: Timed) -> Proposal:
    """Put what was seen into the proposal: the gate, the gate with known failures, or no gate and why. Pure."""
    seen, seconds = outcome
    trial = Trial(what=f"run the step {step.name}", ok=seen.ok, answer=seen.answer, seconds=seconds)
    found, reasons = seen.step, dict(proposal.reasons)
    unknown = proposal.unknown
    if found.services != step.services:
        reasons[f"steps.{step.name}.services"] = "with them fewer pass"
    if found.env != step.env:
        reasons[f"steps.{step.name}.env"] = "without it: fewer pass"
    if seen.why:
        found = replace(found, gate=False)
        reasons[f"steps.{step.name}.gate"] = "it failed when tried: " + seen.why.splitlines()[0][:100]
        unknown = (*unknown, f"{step.name} is no gate ({seen.why.splitlines()[0][:100]}): mend it, then remove gate")
    if seconds > step.timeout.total_seconds() / 4:
        found = replace(found, timeout=timedelta(minutes=int(seconds / 60 * 4) + 1))
    app = replaced(proposal.app, found)
    return replace(proposal, app=app, reasons=reasons, unknown=unknown, trials=(*proposal.trials, trial))


def replaced(app: App, step: Step) -> App:
    return replace(app, steps=tuple(step if other.name == step.name else other for other in app.steps))
