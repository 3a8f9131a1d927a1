"""What a step's evidence says. Pure: reports come in as bytes, answers go out as Verdicts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence

from ecluse.loop.test.addopts import NOTHING_ADDED, AddOpts
from ecluse.loop.test.judged import Judged
from ecluse.loop.test.junit import TestReport, UnreadableReportError, parse_junit, together
from ecluse.loop.test.stopping import ends_after, said_to_end
from ecluse.model.app import Gates, Step
from ecluse.model.counted import counted
from ecluse.model.maskable import SHORTEST
from ecluse.model.values import frozen
from ecluse.model.verdict import Answer, Verdict
from ecluse.ports.commands import Finished

COVERAGE_GATE = "gates.coverage"
_TESTS_FAILED = 1
"""The exit code of pytest and unittest for failed tests, and for nothing else."""
_MOST_NAMED = 20
_LOG_LINES = 10


@frozen
class Ran:
    """A step's command is over: how, and the reports that it left (none: not there, or none declared)."""

    finished: Finished
    junit: tuple[bytes, ...] = ()
    coverage: bytes | None = None
    addopts: AddOpts = NOTHING_ADDED
    """What pytest was told elsewhere than in the command."""
    faults: tuple[str, ...] = ()
    """What was wrong with its outputs."""
    unmasked: tuple[str, ...] = ()
    """The names of its secrets that are too short to be masked."""
    masked: Callable[[str], str] = str
    """What may be shown of a text of its reports."""


@frozen
class Listed:
    """What is known before a step runs: tests that may fail, and those of them that did in an attempt before."""

    known: frozenset[str] = frozenset()
    failed_before: frozenset[str] = frozenset()


NOTHING_LISTED = Listed()


def judge(step: Step, ran: Ran, gates: Gates, listed: Listed = NOTHING_LISTED) -> Judged:
    """Whether the step passed, from its exit code, its reports and its outputs together.

    Reports are read as they are, and what is said of them is masked: a secret that is a word of theirs would spoil
    them, and one that XML writes with references is seen behind those."""
    tests = _judge_tests(step, ran, gates, listed) if step.evidence.junit else _judge_exit(step, ran.finished)
    faults = list(ran.faults)
    covered = None
    if step.evidence.coverage and tests.passed:
        try:
            covered = covered_percent(ran.coverage)
        except UnreadableReportError as error:
            faults.append(f"the coverage report {step.evidence.coverage} can't be used: {error} [E012]")
    passed = tests.passed and not faults
    evidence = (*faults, *tests.evidence, *_left(ran.finished), *_unmasked(ran.unmasked))
    return Judged(passed=passed, evidence=evidence, covered=covered, known=tests.known, cured=tests.cured)


def judge_coverage(gates: Gates, covered: Iterable[float], skipped: Sequence[str] = ()) -> Verdict | None:
    """The coverage gate over the steps that measured; None when nothing is asked. Nothing measured isn't a pass, unless
    steps that measure are `skipped`: then what the others cover doesn't say how much is."""
    if gates.coverage is None:
        return None
    measured = tuple(covered)
    if skipped and max(measured, default=0) < gates.coverage:
        named = f"not asked: {', '.join(skipped)} measures, and is skipped"
        return Verdict(gate=COVERAGE_GATE, answer=Answer.SKIPPED, evidence=(named,), attempts=0)
    if not measured:
        return Verdict(
            gate=COVERAGE_GATE, answer=Answer.NOT_CHECKED, evidence=("no step that ran left a coverage report",)
        )
    best = max(measured)
    answer = Answer.PASSED if best >= gates.coverage else Answer.FAILED
    return Verdict(gate=COVERAGE_GATE, answer=answer, evidence=(f"{best:.1f} % of lines, {gates.coverage:g} % wanted",))


def covered_percent(report: bytes | None) -> float:
    """Percent of lines in a coverage.py JSON report. UnreadableReportError when there is none or it says nothing."""
    if report is None:
        raise UnreadableReportError("it isn't there")
    try:
        totals = json.loads(report)["totals"]
        lines, covered = int(totals["num_statements"]), int(totals["covered_lines"])
    except (ValueError, KeyError, TypeError) as error:
        raise UnreadableReportError("it is no report of coverage.py (`coverage json`)") from error
    if lines <= 0:
        raise UnreadableReportError("it measured no line")
    return 100 * covered / lines


def _judge_exit(step: Step, finished: Finished) -> Judged:
    if finished.ok:
        return Judged(passed=True, evidence=())
    return Judged(passed=False, evidence=(_how_it_ended(step, finished), *_last_lines(finished.output)))


def _judge_tests(step: Step, ran: Ran, gates: Gates, listed: Listed) -> Judged:
    try:
        report = _report(ran)
    except UnreadableReportError as error:
        unusable = f"the test report {step.evidence.junit} can't be used: {error} [E011]"
        ended = () if ran.finished.ok else (_how_it_ended(step, ran.finished),)
        return Judged(passed=False, evidence=(*ended, unusable, *_last_lines(ran.finished.output)))
    return _judge_report(step, ran, report, gates, listed)


def _judge_report(step: Step, ran: Ran, report: TestReport, gates: Gates, listed: Listed) -> Judged:
    known, finished = listed.known, ran.finished
    new = {ran.masked(name): why for name, why in report.failed.items() if name not in known}
    ended = _ended_early(step, ran, report)
    excused = finished.exit_code == _TESTS_FAILED and not finished.timed_out and bool(report.failed) and not new
    if gates.tests and report.executed == 0:
        evidence = ("no test was executed, which is not a pass [E013]", *_last_lines(finished.output))
        return Judged(passed=False, evidence=evidence)
    told = finished.ok or excused or new or ended
    stopped = () if told else (_how_it_ended(step, finished), *_last_lines(finished.output))
    if finished.timed_out and (new or ended):
        stopped = (_how_it_ended(step, finished),)
    still = tuple(sorted(map(ran.masked, known & report.failed.keys())))
    cured = tuple(sorted(map(ran.masked, known & report.passed - report.failed.keys() - listed.failed_before)))
    absent = sorted(map(ran.masked, known - report.passed - report.failed.keys()))
    evidence = (
        *stopped,
        *_named(new),
        *ended,
        _count(report),
        *cut([f"known failure: {name}" for name in still]),
        *cut([f"passes now, though {step.evidence.known_failures} lists it: {name}" for name in cured]),
        *cut([f"known failure that did not run: {name}" for name in absent]),
    )
    return Judged(passed=not (new or ended) and (finished.ok or excused), evidence=evidence, known=still, cured=cured)


def _ended_early(step: Step, ran: Ran, report: TestReport) -> tuple[str, ...]:
    """What is said where the suite is ended at a failure, a known one too: nobody saw what comes behind it."""
    alone = ends_after(step.command)
    most = alone or ends_after(step.command, ran.addopts.words) or said_to_end(ran.finished.output)
    if not 0 < most <= len(report.failed):
        return ()
    who = ran.addopts.where if not alone and ran.addopts.words else ""
    if who:
        let = "add --maxfail=0 to the command"
        return (f"{who} ends the suite after {counted(most, 'failure')}, which hides the rest: {let} [E021]",)
    return (f"the command ends the suite after {counted(most, 'failure')}, which hides the rest: let it go on [E021]",)


def _report(ran: Ran) -> TestReport:
    if not ran.junit:
        raise UnreadableReportError("it isn't there")
    return together(parse_junit(data, ran.masked) for data in ran.junit)


def _how_it_ended(step: Step, finished: Finished) -> str:
    if finished.timed_out:
        return f"it took longer than {step.timeout.total_seconds():g} s and was stopped [E010]"
    if finished.signal is not None:
        return f"it was ended by signal {finished.signal}"
    return f"exit code {finished.exit_code}"


def _count(report: TestReport) -> str:
    skipped = f", {report.skipped} skipped" if report.skipped else ""
    failed = f", {len(report.failed)} failed" if report.failed else ""
    return f"{report.executed} test{'' if report.executed == 1 else 's'}{failed}{skipped}"


def _named(failures: dict[str, str]) -> tuple[str, ...]:
    return cut([f"failed: {name}" + (f": {why}" if why else "") for name, why in sorted(failures.items())])


def cut(lines: list[str]) -> tuple[str, ...]:
    more = len(lines) - _MOST_NAMED
    return (*lines[:_MOST_NAMED], *([f"and {more} more"] if more > 0 else []))


def _left(finished: Finished) -> tuple[str, ...]:
    if not finished.left_behind:
        return ()
    count = "1 process" if finished.left_behind == 1 else f"{finished.left_behind} processes"
    return (f"it left {count} running, which did not outlive it [E014]",)


def _unmasked(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(
        f"its secret {name} is shown where it is printed: under {SHORTEST} characters, nothing is masked [E022]"
        for name in names
    )


def _last_lines(output: str) -> tuple[str, ...]:
    return tuple(line for line in output.splitlines() if line.strip())[-_LOG_LINES:]
