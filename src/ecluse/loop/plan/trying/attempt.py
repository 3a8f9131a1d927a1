"""The try: one entry point after the other, until one answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ecluse.loop.plan.proposing.chosen import with_python
from ecluse.loop.plan.proposing.proposal import Proposal, Trial
from ecluse.loop.plan.proposing.resolve import LOCAL, candidates, resolve
from ecluse.loop.plan.trying.answering import Answer
from ecluse.loop.plan.trying.bench import Bench
from ecluse.loop.plan.trying.case import Case, shown
from ecluse.loop.plan.trying.entry import Tried, try_alone, try_entry
from ecluse.loop.plan.trying.evidence import every_page_fails, hollow
from ecluse.loop.plan.trying.wanting import last_line, unset
from ecluse.manifest.detect.facts import Fact
from ecluse.manifest.detect.programs import LED
from ecluse.model.problem import Exit, Problem, ProblemError

ENTRIES = 4
"""Entry points that are tried."""
BAD_REQUEST = 400
HOSTS = (
    "let the app accept the hosts localhost and 127.0.0.1 (Django: ALLOWED_HOSTS), for it answers 400 to everything; "
    "or write the manifest without trying (`ecluse init --no-try`) and edit it"
)


async def attempt(facts: tuple[Fact, ...], bench: Bench, *, name: str) -> Tried:
    """The first entry point that answers. ProblemError I001 when there is none to try, I002 when none answers,
    I020 when only a status route does, I021 when nothing serves and no background process stays up.

    What the environment needs and doesn't get is the toolchain's own Problem.
    """
    failures: list[Tried] = []
    trials: tuple[Trial, ...] = ()
    entries = candidates(facts)[:ENTRIES]
    for entry in entries or (None,):
        first = resolve(facts, name=name, entry=entry)
        first = await with_python(first, facts, bench.world.toolchain, bench.checkout.folder)
        case = Case(replace(first, trials=trials), facts, bench)
        tried = await (try_entry(case) if entries else try_alone(case))
        if tried.ok:
            return tried
        failures.append(tried)
        trials = tried.proposal.trials
        if bench.left <= 0:
            break
    raise ProblemError(none_answers(failures) if entries else none_stays(failures[0]))


def none_stays(tried: Tried) -> Problem:
    return Problem(
        code="I021",
        what="found no web app in this repository, and what else was found to run doesn't stay up",
        fix="what runs to its end is no process: declare what stays up, as [processes.web] or [processes.worker]; "
        "`ecluse init --no-try` writes the manifest for what was found",
        evidence=(*(f"{one.what}: {one.answer}" for one in tried.proposal.trials), *tried.evidence),
        state="nothing was written; everything that was started is ended",
        exit=Exit.REFUSED,
    )


def none_answers(failures: Iterable[Tried]) -> Problem:
    listed = tuple(failures)
    steps = tuple(f"{trial.what}: {trial.answer}" for trial in listed[-1].proposal.trials)
    problem = Problem(
        code="I002",
        what="no entry point that was found starts and answers",
        fix="mend what the evidence names, or write the manifest without trying (`ecluse init --no-try`) and edit it",
        evidence=(*steps, *made_up(listed[0].proposal), *listed[0].notes, *told(listed), *listed[0].evidence),
        state="nothing was written; everything that was started is ended",
        exit=Exit.REFUSED,
    )
    asking = next((tried for tried in listed if tried.last_words), None)
    if asking is not None and (asking is listed[0] or listed[0].answers):
        return wants_more(asking, problem)
    if hollow(listed[0].answers):
        return every_page_fails(problem.evidence, problem.state)
    return replace(problem, fix=HOSTS) if any(refuses_host(tried.answers) for tried in listed) else problem


def wants_more(tried: Tried, problem: Problem) -> Problem:
    """A program that ended by itself, and in whose words."""
    web = next(process for process in tried.proposal.app.processes if process.is_web)
    words = shown(web.command) if web.command else web.app
    missing = ", ".join(f'`{name} = "…"`' for name in unset(tried.last_words))
    where = f"{missing} under [environments.local.env]" if missing else f'`command = "{words} …"` under [processes.web]'
    return replace(
        problem,
        code="I022",
        what=f"the app ends before it serves, and says: {last_line(tried.last_words)}",
        evidence=tuple(dict.fromkeys((*problem.evidence, *tried.last_words))),
        fix=f"give it what it asks for: `ecluse init --no-try` writes the manifest, where you complete {where}; "
        "what it writes belongs to [app] state",
    )


def told(listed: tuple[Tried, ...]) -> Iterator[str]:
    """Where the code names the port of a program, which may be why nothing answered at ours."""
    for tried in listed:
        reason = tried.proposal.reasons.get("processes.web.command", "")
        if not tried.answers and LED in reason:
            yield f"nothing answered at $PORT: {reason}; let the code read $PORT"


def refuses_host(answers: tuple[Answer, ...]) -> bool:
    """Whether a bad request is all that it says: what refuses every path refuses who is asked for."""
    return bool(answers) and all(answer.status == BAD_REQUEST for answer in answers)


def made_up(proposal: Proposal) -> tuple[str, ...]:
    """The values that nobody gave: perhaps one of them is what is wrong."""
    local = proposal.app.environment(LOCAL)
    held = local.env if local else {}
    reasons = proposal.reasons
    return tuple(f"{name}={held[name]} was {reasons[f'environments.local.env.{name}']}" for name in proposal.made_up)
