"""One entry point on the bench: built, imported, prepared, served and asked; what it needs is learned on the way."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from ecluse.loop.plan.proposing.proposal import Proposal
from ecluse.loop.plan.proposing.untold import apart, unknown
from ecluse.loop.plan.proposing.written import look
from ecluse.loop.plan.trying.answering import Answer
from ecluse.loop.plan.trying.case import Case
from ecluse.loop.plan.trying.furnishing import furnished
from ecluse.loop.plan.trying.importing import ROUNDS, built, imported
from ecluse.loop.plan.trying.last_words import failure_in
from ecluse.loop.plan.trying.learn import Failure, Lesson, learn
from ecluse.loop.plan.trying.rehearsal import prepared, remember, served, worked
from ecluse.loop.plan.trying.wanting import given, last_line, names_configuration, unset
from ecluse.loop.plan.trying.working import workers
from ecluse.manifest.detect.facts import Fact, Kind
from ecluse.model.app import Interface
from ecluse.model.values import frozen


@frozen
class Tried:
    """How one entry point fared. `evidence` is the last words of what failed; empty when the app answers."""

    proposal: Proposal
    environment: Path | None = None
    evidence: tuple[str, ...] = ()
    answers: tuple[Answer, ...] = ()
    last_words: tuple[str, ...] = ()
    """Of a program that ended by itself, before it served, and not by an exception."""
    notes: tuple[str, ...] = ()
    """What was left out on the way, and why: perhaps that is what is missing."""

    @property
    def ok(self) -> bool:
        return not self.evidence


async def tried_once(case: Case) -> tuple[str, ...]:
    return await imported(case) or await prepared(case) or await served(case)


def learned(case: Case, evidence: tuple[str, ...]) -> bool:
    """Whether the last words of a program taught something; an app object was asked when it was imported."""
    if case.web.interface is not Interface.COMMAND or case.bench.left <= 0:
        return False
    failure = failure_in(evidence, case.facts)
    lesson = learn(failure, case.proposal, case.facts) if failure else asked_for(case)
    if lesson is None:
        return False
    case.say("learn", ok=True, answer=str(lesson))
    case.proposal = lesson.applied(case.proposal)
    if lesson.state:
        case.facts += (Fact(kind=Kind.STATE, value=lesson.state, file=case.web.folder),)
    return True


def asked_for(case: Case) -> Lesson | None:
    """What a program that ended by itself wants on its command line, or in its configuration."""
    if not case.last_words:
        return None
    wanted = given(case.last_words, case.facts, case.web.folder, case.bench.checkout.files)
    if wanted and not " ".join(case.web.command).endswith(wanted.words):
        return Lesson(said=f"without it: {wanted.said}", words=wanted.words, state=wanted.state)
    missing = tuple(name for name in unset(case.last_words) if not names_configuration(name, case.facts))
    ended = Failure(kind="ended", message=last_line(case.last_words), variables=missing)
    return learn(ended, case.proposal, case.facts)


async def try_entry(case: Case) -> Tried:
    """Build, import, prepare, serve and ask it, until something fails that can't be learned from."""
    await furnished(case)
    evidence = await tried_once(case)
    for _ in range(ROUNDS):
        if not evidence or not learned(case, evidence):
            break
        evidence = await tried_once(case)
    if not evidence:
        await watched(case)
    return tried(case, evidence)


async def try_alone(case: Case) -> Tried:
    """The background processes of what serves nothing: built, prepared and started; one at least must stay up."""
    await furnished(case)
    await built(case)
    evidence = await prepared(case)
    if not evidence:
        await watched(case)
        processes = case.proposal.app.processes
        evidence = () if workers(case.proposal.app) else tuple(f"{one.name}: {one.why_off}" for one in processes)
    return tried(case, evidence)


async def watched(case: Case) -> None:
    await worked(case)
    remember(case, await asyncio.to_thread(look, case.bench.tree))


def tried(case: Case, evidence: tuple[str, ...]) -> Tried:
    left_open = (*unknown(case.facts, case.proposal.app), *apart(case.proposal.beside), *case.open)
    proposal = replace(case.proposal, unknown=left_open)
    return Tried(
        proposal=proposal, environment=case.environment, evidence=evidence, answers=case.answers, notes=case.open,
        last_words=case.last_words,
    )  # fmt: skip
