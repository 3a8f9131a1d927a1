"""Is the slot healthy? Judging is pure; asking is short and brings evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType

from ecluse.model.app import Health
from ecluse.model.observed import ProcessSeen, SlotSeen, SlotState
from ecluse.model.redaction import masked
from ecluse.model.release import Release
from ecluse.model.slot import Slot
from ecluse.model.values import frozen
from ecluse.model.verdict import Answer, Verdict
from ecluse.ports.target import Answered, Question, Target
from ecluse.ports.world import World

BODY_SHOWN = 200
UNCHECKED_TIME = timedelta(seconds=3)
"""How long processes without a health check must stay up to count as started."""


Restarts = Mapping[str, int]
"""Process to how often it was started again."""
NEVER: Restarts = MappingProxyType({})


@frozen
class Expected:
    """What a healthy answer looks like for one release. `stamped`: the server names the release in its answer."""

    health: Health
    release: Release
    stamped: bool

    def flaw(self, answered: Answered) -> str:
        """Why this answer is not healthy, or empty."""
        if answered.status == 0:
            return f"no answer: {answered.why}"
        if answered.status not in self.health.status:
            return f"status {answered.status}, wanted {' or '.join(map(str, self.health.status))}"
        if self.stamped and answered.headers.get("x-release") != self.release.version:
            other = answered.headers.get("x-release", "nobody of ours")
            return f"the wrong release answered: {other}, wanted {self.release.version}"
        wanted = self.health.body.format(version=self.release.version, commit=self.release.commit)
        if wanted and wanted not in answered.body.decode(errors="replace"):
            return f"the body lacks {wanted!r}"
        return ""


def ended(slot: SlotSeen, before: Restarts = NEVER) -> ProcessSeen | None:
    """A process that ended, whether it was restarted or not; what it had been through `before` doesn't count."""
    return next(
        (seen for seen in slot.processes if seen.restarts > before.get(seen.name, 0) or seen.state != "running"), None
    )


def restarts_of(slot: SlotSeen) -> Restarts:
    return {seen.name: seen.restarts for seen in slot.processes}


def end_of(process: ProcessSeen) -> Iterator[str]:
    yield f"{process.name} ended: {process.last_exit or 'unknown'}"
    yield from process.log_tail[-10:]


async def await_healthy(
    target: Target, slot: Slot, expected: Expected, world: World, say: Callable[[str], None], before: Restarts = NEVER
) -> Verdict:
    """Ask until enough answers in a row are good and every process is still the one that was started, or that ran
    already with the restarts of `before`. `say` is told each answer."""
    health = expected.health
    began = world.clock.monotonic()
    good, flaw = 0, "not asked"
    while good < health.successes:
        seen = (await target.observe()).slot(slot)
        if dead := ended(seen, before):
            return failed("health", end_of(dead), world.clock.monotonic() - began)
        answered = await target.ask(slot, question_of(health))
        flaw = expected.flaw(answered)
        good = good + 1 if not flaw else 0
        waited = world.clock.monotonic() - began
        say(standing(health, flaw, good, waited))
        if flaw and waited >= health.timeout.total_seconds():
            seen = (await target.observe()).slot(slot)  # an answer may be waited for longer than the process lives
            dead = ended(seen, before)
            return failed("health", end_of(dead) if dead else shown(health, answered, flaw, seen), waited)
        if not good and seen.state is SlotState.FAILED:
            return failed("health", shown(health, answered, flaw, seen), waited)
        if good < health.successes:
            await world.clock.sleep(health.interval.total_seconds())
    waited = world.clock.monotonic() - began
    if dead := ended((await target.observe()).slot(slot), before):
        return failed("health", end_of(dead), waited)
    evidence = f"GET {health.path}: {answered.status}, {health.successes} times in a row"
    return Verdict(gate="health", answer=Answer.PASSED, evidence=(evidence,), seconds=waited)


def standing(health: Health, flaw: str, good: int, waited: float) -> str:
    """How a wait for health stands: the last answer, and how long it may still take."""
    if not flaw:
        return f"GET {health.path}: healthy, {good} of {health.successes} in a row"
    return f"GET {health.path}: {flaw}; {waited:.0f} s of {health.timeout.total_seconds():.0f} s"


async def stays_up(
    target: Target, slot: Slot, duration: timedelta, world: World, say: Callable[[str], None], before: Restarts = NEVER
) -> Verdict:
    """The gate of processes that can't be asked: none of them ends within `duration`."""
    began = world.clock.monotonic()
    while (waited := world.clock.monotonic() - began) < duration.total_seconds():
        if dead := ended((await target.observe()).slot(slot), before):
            return failed("processes", end_of(dead), waited)
        say(f"up for {waited:.0f} s of {duration.total_seconds():.0f} s")
        await world.clock.sleep(0.1)
    return Verdict(gate="processes", answer=Answer.PASSED, evidence=(f"up for {waited:.0f} s",), seconds=waited)


def question_of(health: Health) -> Question:
    return Question(path=health.path, host=health.host, patience=health.patience)


def shown(health: Health, answered: Answered, flaw: str, seen: SlotSeen) -> Iterator[str]:
    yield f"GET {health.path} (Host: {health.host}): {flaw}"
    if answered.body:
        yield answered.body[:BODY_SHOWN].decode(errors="replace")
    for process in seen.processes:
        yield from (f"{process.name}: {line}" for line in process.log_tail[-10:])


def hidden(verdict: Verdict, secrets: Mapping[str, str]) -> Verdict:
    """Without the secrets that the app itself printed or answered: evidence stays in the ledger for ever."""
    if not verdict.stops:
        return verdict
    shown = (masked(fact.encode(errors="replace"), secrets.values()) for fact in verdict.evidence)
    return replace(verdict, evidence=tuple(fact.decode(errors="replace") for fact in shown))


def failed(gate: str, evidence: Iterator[str], seconds: float) -> Verdict:
    return Verdict(gate=gate, answer=Answer.FAILED, evidence=tuple(evidence), seconds=seconds)
