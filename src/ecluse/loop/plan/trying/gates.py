"""Each step run once, as a ship would run it: what passes today becomes a gate, what fails is said."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from datetime import timedelta
from pathlib import Path

from ecluse.loop.plan.proposing.proposal import Proposal, Trial
from ecluse.loop.plan.proposing.resolve import LOCAL
from ecluse.loop.plan.trying.bench import Bench
from ecluse.loop.plan.trying.lacking import lacking, told
from ecluse.loop.test.attempt import Attempts, Stage
from ecluse.loop.test.judged import Judged
from ecluse.loop.test.junit import TestReport, UnreadableReportError, parse_junit, together
from ecluse.loop.test.pythons import APPS_OWN, Environments
from ecluse.loop.test.surroundings import veil
from ecluse.model.app import App, Step
from ecluse.model.counted import counted
from ecluse.model.ids import StepName
from ecluse.model.values import frozen

GO_ON = "--continue-on-collection-errors"
"""pytest runs the rest when a file of tests can't be imported."""
LEAST = 15.0
"""Seconds without which a step isn't begun."""
MOST_KNOWN = 0.5
"""A suite of which more than this part fails says nothing about the next change."""
LOG = 64 * 1024
"""Characters of its output that are searched for what it lacks."""
LONGEST = 100
"""Characters of a reason."""
WHY_AGAIN = {
    "set": "it didn't pass: now with the settings that the app gets",
    "alone": "it didn't pass: now without the app's services",
    "again": "files of tests couldn't be imported: now the others",
    "repeated": "to tell a test that always fails from one that fails sometimes",
}
"""By the last word of the attempt's name."""


@frozen
class Seen:
    """How a step ended: `why` it can't be a gate as it is, empty when it can."""

    step: Step
    answer: str
    ok: bool
    why: str = ""
    passed: int = 0
    """Tests that passed."""
    failed: Mapping[str, str] = field(default_factory=dict)
    """Tests that fail, and why; of a suite that is a gate all the same they are the known failures."""
    flaky: tuple[str, ...] = ()
    """Tests that failed once and passed once."""
    seconds: float = 0.0
    """Of the attempt that is shown."""
    took: float = 0.0
    """All attempts together."""

    @property
    def is_clean(self) -> bool:
        return self.ok and not self.failed


async def try_steps(proposal: Proposal, environment: Path, bench: Bench, run: str, limit: timedelta) -> Proposal:
    """The proposal with what its steps showed, each within `limit`."""
    stage = Stage(
        run=run,
        checkout=bench.checkout,
        environments=Environments(made={APPS_OWN: environment}),
        place=bench.place,
        logs=bench.world.home / "logs" / "runs" / run,
        gates=proposal.app.gates,
        secrets={},
        veiled={environment: veil(bench.world.root, environment, bench.world.home)},
        services=bench.services,
        declared=proposal.app.services,
    )
    local = proposal.app.environment(LOCAL)
    settings = {**proposal.app.env, **(local.env if local else {})}
    for step in [step for step in proposal.app.steps if step.gate]:
        proposal = settle(proposal, step, await try_step(step, settings, stage, bench, limit))
    return proposal


async def try_step(step: Step, settings: Mapping[str, str], stage: Stage, bench: Bench, limit: timedelta) -> Seen:
    """Run it; what doesn't pass once more with the app's `settings`, which are kept if it then does better; and what
    fails then once more, to tell a test that fails from one that fails sometimes.

    Without settings first: a suite that sets its own (`os.environ.setdefault`) must not meet ours.
    """
    reporter, clock = bench.world.reporter, bench.world.clock
    began = clock.monotonic()
    if bench.left < LEAST:
        return Seen(step=step, answer="not run: no time was left", ok=False, why="no time was left to try it")
    reporter.began(step.name, " ".join(step.command))
    seen = await collected(step, stage, bench, limit)
    if settings and not seen.is_clean and bench.left >= LEAST:
        given = await collected(replace(step, env={**settings, **step.env}), stage, bench, limit, again="-set")
        seen = max(seen, given, key=lambda one: (one.ok, one.passed))
    if stage.declared and step.group == "test" and not seen.is_clean and bench.left >= LEAST:
        alone = await collected(replace(step, services=()), stage, bench, limit, again="-alone")
        seen = max(seen, alone, key=lambda one: (one.ok, one.passed))
    if seen.ok and seen.failed and bench.left >= LEAST + seen.seconds:
        _, report = await once(seen.step, stage, bench, limit, again="-repeated")
        seen = repeated(seen, report)
    reporter.ended(step.name, ok=seen.ok, detail=seen.answer)
    return replace(seen, took=round(clock.monotonic() - began, 3))


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
    """One attempt. `again` keeps the tree and the report of another one apart from those of the first, and says why
    there is one."""
    began = bench.world.clock.monotonic()
    name = StepName(f"{step.name}{again}")
    if again:
        bench.world.reporter.note(f"{step.name} runs once more, as {name}: {WHY_AGAIN[again.rpartition('-')[2]]}")
    limited = replace(step, name=name, timeout=min(limit, timedelta(seconds=max(1.0, bench.left))))
    outcome = await Attempts(limited, (), stage)(bench.world)
    judged = outcome.result
    assert isinstance(judged, Judged)  # noqa: S101 (what an attempt's outcome carries)
    report = None
    if step.evidence.junit:
        report = read(stage.logs, f"{name}.{Path(step.evidence.junit).name}", tree=stage.place.folder / "steps" / name)
    seen = judge_once(step, judged, report, last_words(stage.logs / f"{name}.log"))
    return replace(seen, seconds=round(bench.world.clock.monotonic() - began, 3)), report


def read(logs: Path, pattern: str, *, tree: Path) -> TestReport | None:
    """What the reports say, without the path of the `tree` in which they were made: it is gone."""
    try:
        files = [path.read_bytes().replace(f"{tree}/".encode(), b"") for path in sorted(logs.glob(pattern))]
        found = [parse_junit(data) for data in files]
    except (OSError, UnreadableReportError):
        return None
    return together(found) if found else None


def last_words(log: Path) -> list[str]:
    try:
        return log.read_text(encoding="utf-8", errors="replace")[-LOG:].splitlines()
    except OSError:
        return []


def judge_once(step: Step, judged: Judged, report: TestReport | None, output: Iterable[str] = ()) -> Seen:
    """Passed: a gate. Some tests fail: a gate with those named. Else no gate. Pure."""
    said = first_words(step, judged)
    passed = len(report.passed) if report else 0
    if judged.passed:
        return Seen(step=step, answer=judged.evidence[-1] if judged.evidence else "passed", ok=True, passed=passed)
    failed = dict(report.failed) if report else {}
    missing = told(lacking((*judged.evidence, *failed.values(), *output)))
    if report is None or not passed or not failed or len(failed) / report.executed > MOST_KNOWN:
        share = f"{len(failed)} of {report.executed} tests fail" if report and failed else ""
        why = ": ".join(filter(None, [share, missing or said]))
        return Seen(step=step, answer=why, ok=False, why=why, passed=passed)
    answer = "; ".join(filter(None, [counts(report.executed, len(failed)), missing]))
    return Seen(step=step, answer=answer, ok=True, passed=passed, failed=failed)


COUNTED = re.compile(r"\b\d+ (errors?|problems?|issues?|warnings?|violations?|files?|failures?)\b", re.IGNORECASE)


def first_words(step: Step, judged: Judged) -> str:
    """What decided; of a tool that only has its exit code also the line in which it counts, or its last one."""
    if not judged.evidence:
        return "passed"
    how, *lines = judged.evidence
    if step.evidence.junit or not lines:
        return how
    return f"{how}: {next((line for line in reversed(lines) if COUNTED.search(line)), lines[-1]).strip()}"


def counts(executed: int, failed: int) -> str:
    return f"{counted(executed, 'test')}, {failed} fail and {'is' if failed == 1 else 'are'} listed as known to"


def repeated(seen: Seen, report: TestReport | None) -> Seen:
    """What failed and passes when it is repeated is no known failure, and the other way round. Pure."""
    if report is None or not report.executed:
        return replace(seen, answer=f"{seen.answer}; it could not be repeated")
    failed = {name: why for name, why in seen.failed.items() if name in report.failed}
    flaky = tuple(sorted((seen.failed.keys() ^ report.failed.keys()) & (report.passed | report.failed.keys())))
    parts = [counts(report.executed, len(failed)) if failed else counted(report.executed, "test")]
    parts += [f"fails sometimes: {', '.join(flaky)}"] if flaky else []
    step = replace(seen.step, retries=max(1, seen.step.retries)) if flaky else seen.step
    return replace(seen, step=step, answer="; ".join(parts), failed=failed, flaky=flaky)


def settle(proposal: Proposal, step: Step, seen: Seen) -> Proposal:
    """Put what was seen into the proposal: the gate, the gate with known failures, or no gate and why. Pure."""
    about = f"steps.{step.name}"
    trial = Trial(what=f"run the step {step.name}", ok=seen.ok, answer=seen.answer, seconds=seen.took, about=about)
    found, reasons, known = seen.step, dict(proposal.reasons), dict(proposal.known)
    unknown = proposal.unknown
    if found.services != step.services:
        reasons[f"steps.{step.name}.services"] = "with them fewer pass"
    if found.env != step.env:
        reasons[f"steps.{step.name}.env"] = "without it: fewer pass"
    if seen.flaky:
        reasons[f"steps.{step.name}.retries"] = f"fails sometimes: {', '.join(seen.flaky)}"[:LONGEST]
    if seen.ok and seen.failed:
        found = replace(found, evidence=replace(found.evidence, known_failures=list_of(step)))
        reasons[f"steps.{step.name}.known_failures"] = f"{len(seen.failed)} failed when tried"
        known[step.name] = seen.failed
    if seen.why:
        why = seen.why.splitlines()[0][:LONGEST]
        found = replace(found, gate=False, why_off=f"when tried: {why}")
        unknown = (*unknown, f"{step.name} is no gate ({why}): mend it, then remove gate and why_off")
    if seen.seconds > step.timeout.total_seconds() / 4:
        found = replace(found, timeout=timedelta(minutes=int(seen.seconds / 60 * 4) + 1))
    return replace(
        proposal,
        app=replaced(proposal.app, found),
        reasons=reasons,
        unknown=unknown,
        known=known,
        trials=(*proposal.trials, trial),
    )


def list_of(step: Step) -> str:
    """The file of its known failures, one for each step."""
    return "known-failures.txt" if step.name == "test" else f"known-failures-{step.name}.txt"


def replaced(app: App, step: Step) -> App:
    return replace(app, steps=tuple(step if other.name == step.name else other for other in app.steps))
