"""Verdicts on the steps of a run, and what the ledger keeps of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ecluse.loop.test.cache.entry import CacheEntry
from ecluse.model.app import Gates
from ecluse.model.counted import counted
from ecluse.model.events.runs import StepEnded
from ecluse.model.ids import path_name
from ecluse.model.verdict import Answer, Verdict

FLAKY_GATE = "gates.flaky"


def verdict_again(entry: CacheEntry, logs: Path) -> Verdict:
    """Of a step that passed before and wasn't run: its evidence is that of then. It took no time now."""
    log = f"{path_name(entry.step)}.log"
    return Verdict(
        gate=entry.step,
        answer=Answer.PASSED,
        evidence=entry.evidence,
        log=str(logs / log) if any(paper.path == log for paper in entry.papers) else "",
        attempts=0,
        cached=f"passed at {entry.at} in {entry.seconds:g} s, and nothing has changed that it depends on",
        known_failures=entry.known,
        cured=entry.cured,
    )


def verdict_skipped(name: str, why: str) -> Verdict:
    """Of a step that isn't for what has changed."""
    return Verdict(gate=name, answer=Answer.SKIPPED, evidence=(why,), attempts=0)


def judge_flaky(gates: Gates, verdicts: Iterable[Verdict]) -> Verdict | None:
    """The gate over the steps of a run that passed, but not at once; None when nothing is asked."""
    if gates.flaky is None:
        return None
    flaky = [verdict for verdict in verdicts if verdict.flaky]
    told = (f"{counted(len(flaky), 'flaky step')}, {gates.flaky} at most",)
    named = tuple(f"{verdict.gate} passed at attempt {verdict.attempts}" for verdict in flaky)
    answer = Answer.PASSED if len(flaky) <= gates.flaky else Answer.FAILED
    return Verdict(gate=FLAKY_GATE, answer=answer, evidence=(*told, *named))


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
        cached=verdict.cached,
        logs=verdict.logs,
    )
