"""One entry point on the bench: built, imported, prepared, served and asked; what it needs is learned on the way."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path

from ecluse.loop.plan.answering import Answer
from ecluse.loop.plan.case import Case
from ecluse.loop.plan.furnishing import furnished
from ecluse.loop.plan.importing import imported
from ecluse.loop.plan.proposal import Proposal
from ecluse.loop.plan.rehearsal import prepared, remember, served, worked
from ecluse.loop.plan.resolve import unknown
from ecluse.loop.plan.written import look


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """How one entry point fared. `evidence` is the last words of what failed; empty when the app answers."""

    proposal: Proposal
    environment: Path | None = None
    evidence: tuple[str, ...] = ()
    answers: tuple[Answer, ...] = ()

    @property
    def ok(self) -> bool:
        return not self.evidence


async def try_entry(case: Case) -> Tried:
    """Build, import, prepare, serve and ask it, until something fails that can't be learned from."""
    await furnished(case)
    evidence = await imported(case) or await prepared(case) or await served(case)
    if not evidence:
        await worked(case)
        remember(case, await asyncio.to_thread(look, case.bench.tree))
    left_open = (*unknown(case.facts, case.proposal.app), *case.open)
    proposal = replace(case.proposal, unknown=left_open)
    return Tried(proposal=proposal, environment=case.environment, evidence=evidence, answers=case.answers)
