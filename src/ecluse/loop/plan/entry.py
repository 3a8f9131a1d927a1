"""One entry point on the bench: built, imported, prepared, served and asked; what it needs is learned on the way."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path

from ecluse.loop.plan.answering import Answer
from ecluse.loop.plan.case import Case
from ecluse.loop.plan.furnishing import furnished
from ecluse.loop.plan.importing import ROUNDS, imported
from ecluse.loop.plan.last_words import failure_in
from ecluse.loop.plan.learn import learn
from ecluse.loop.plan.proposal import Proposal
from ecluse.loop.plan.rehearsal import prepared, remember, served, worked
from ecluse.loop.plan.resolve import unknown
from ecluse.loop.plan.written import look
from ecluse.model.app import Interface


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """How one entry point fared. `evidence` is the last words of what failed; empty when the app answers."""

    proposal: Proposal
    environment: Path | None = None
    evidence: tuple[str, ...] = ()
    answers: tuple[Answer, ...] = ()
    notes: tuple[str, ...] = ()
    """What was left out on the way, and why: perhaps that is what is missing."""

    @property
    def ok(self) -> bool:
        return not self.evidence


async def tried_once(case: Case) -> tuple[str, ...]:
    return await imported(case) or await prepared(case) or await served(case)


def learned(case: Case, evidence: tuple[str, ...]) -> bool:
    """Whether the last words of a program taught something; an app object was asked when it was imported."""
    failure = failure_in(evidence, case.facts) if case.web.interface is Interface.COMMAND else None
    lesson = learn(failure, case.proposal, case.facts) if failure and case.bench.left > 0 else None
    if lesson is None:
        return False
    case.say("learn", ok=True, answer=str(lesson))
    case.proposal = lesson.applied(case.proposal)
    return True


async def try_entry(case: Case) -> Tried:
    """Build, import, prepare, serve and ask it, until something fails that can't be learned from."""
    await furnished(case)
    evidence = await tried_once(case)
    for _ in range(ROUNDS):
        if not evidence or not learned(case, evidence):
            break
        evidence = await tried_once(case)
    if not evidence:
        await worked(case)
        remember(case, await asyncio.to_thread(look, case.bench.tree))
    left_open = (*unknown(case.facts, case.proposal.app), *case.open)
    proposal = replace(case.proposal, unknown=left_open)
    return Tried(
        proposal=proposal, environment=case.environment, evidence=evidence, answers=case.answers, notes=case.open
    )
