"""A way back for the data: the last backup is young enough."""

from __future__ import annotations

from datetime import datetime, timedelta

from ecluse.model.policy import Policy
from ecluse.model.verdict import Answer, Verdict
from ecluse.ports.commands import Finished

GATE = "policy.backup"
FIX = "make a backup, or mend `last_backup`"
AHEAD = timedelta(minutes=5)
"""How far clocks of two machines may be apart; what lies further in the future is no time of a backup."""
TOLD = 3


def backup(policy: Policy, said: Finished, now: datetime) -> Verdict:
    """`said` is how the command ended. Without a time there is no evidence, and without evidence no pass."""
    made = _time(said.output) if said.ok else None
    if made is None or made > now + AHEAD:
        return Verdict(gate=GATE, answer=Answer.NOT_CHECKED, evidence=_no_evidence(said), fix=FIX)
    allowed = policy.max_backup_age or timedelta()
    age = max(now - made, timedelta())
    is_young = age <= allowed
    fact = f"the last backup is of {made.isoformat()}, {_rounded(age)} old; {_rounded(allowed)} are allowed"
    return Verdict(
        gate=GATE, answer=Answer.PASSED if is_young else Answer.FAILED, evidence=(fact,), fix="" if is_young else FIX
    )


def unasked(why: str) -> Verdict:
    """The command couldn't even be started."""
    return Verdict(gate=GATE, answer=Answer.NOT_CHECKED, evidence=(why,), fix=FIX)


def _time(output: str) -> datetime | None:
    """The last line, if it is a time with its zone."""
    try:
        at = datetime.fromisoformat(output.strip().splitlines()[-1].strip())
    except (ValueError, IndexError):
        return None
    return at if at.tzinfo is not None else None


def _no_evidence(said: Finished) -> tuple[str, ...]:
    ended = "did not end in time" if said.timed_out else f"exited with {said.exit_code}"
    how = "printed no time of the past (RFC 3339)" if said.ok else ended
    return (f"`last_backup` {how}", *said.output.splitlines()[-TOLD:])


def _rounded(span: timedelta) -> timedelta:
    return timedelta(seconds=round(span.total_seconds()))
