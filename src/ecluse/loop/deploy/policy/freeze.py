"""Not now: freeze windows and holidays."""

from __future__ import annotations

from datetime import datetime

from ecluse.model.policy import Policy
from ecluse.model.verdict import Answer, Verdict
from ecluse.model.window import Window, free_from, whole_day, window

GATE = "policy.freeze"


def freeze(policy: Policy, now: datetime) -> Verdict:
    """A zone that this machine doesn't know any more: not checked."""
    try:
        windows = windows_of(policy)
    except ValueError as error:
        return Verdict(gate=GATE, answer=Answer.NOT_CHECKED, evidence=(str(error),), fix="install tzdata")
    holding = [(one, held) for one in windows if (held := one.holding(now))]
    if not holding:
        free = f"{_stamp(now, windows[0])} lies in none of {len(windows)} windows"
        return Verdict(gate=GATE, answer=Answer.PASSED, evidence=(free,))
    evidence = [f"`{one.text}` holds from {_stamp(begin, one)} to {_stamp(end, one)}" for one, (begin, end) in holding]
    return Verdict(gate=GATE, answer=Answer.FAILED, evidence=tuple(evidence), fix=_wait(windows, holding[0][0], now))


def windows_of(policy: Policy) -> tuple[Window, ...]:
    """Holidays are windows of one day."""
    days = (whole_day(day, policy.timezone) for day in policy.holidays)
    return (*(window(text) for text in policy.freeze), *days)


def _wait(windows: tuple[Window, ...], told_in: Window, now: datetime) -> str:
    """Windows may follow on each other: what counts is the first moment that none of them holds."""
    free = free_from(windows, now)
    return f"wait until {_stamp(free, told_in)}" if free else "shorten `freeze`: it leaves no time within a year"


def _stamp(at: datetime, one: Window) -> str:
    return f"{at.astimezone(one.zone):%a %Y-%m-%d %H:%M} {one.zone.key}"
