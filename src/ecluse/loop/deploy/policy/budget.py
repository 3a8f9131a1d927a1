"""Not while users suffer: the share of failed requests that the environment allows itself is not used up.

No history of requests is kept yet, so what counts is the release that serves, since it started.
"""

from __future__ import annotations

from fractions import Fraction

from ecluse.loop.deploy.fleet import Seen
from ecluse.model.policy import Policy
from ecluse.model.verdict import Answer, Verdict

GATE = "policy.error_budget"
ALL = 100
"""Percent."""


def error_budget(policy: Policy, seen: Seen) -> Verdict:
    """Where nothing serves nothing was spent. A server that doesn't count can't be judged: not checked."""
    slots = [one.slot(one.serving) for one in seen.hosts.values() if one.serving]
    if not slots:
        return Verdict(gate=GATE, answer=Answer.PASSED, evidence=("nothing serves, so nothing was spent",))
    slot = next((slot for slot in slots if "counts" not in slot.guarantees), slots[0])
    if "counts" not in slot.guarantees:
        unknown = f"{slot.version} is served by a server that doesn't count its requests"
        return Verdict(gate=GATE, answer=Answer.NOT_CHECKED, evidence=(unknown,), fix="remove `availability`")
    failed = sum(slot.counters.statuses.get("5xx", 0) for slot in slots)
    requests = sum(slot.counters.requests for slot in slots)
    allowed = budget(policy.availability or 0.0, requests)
    fact = (
        f"{failed} of {requests} requests failed since {slot.version} started; "
        f"{allowed} may at {policy.availability:g} % availability"
    )
    if failed <= allowed:
        return Verdict(gate=GATE, answer=Answer.PASSED, evidence=(fact,))
    return Verdict(gate=GATE, answer=Answer.FAILED, evidence=(fact,), fix="ecluse rollback, if it is the release")


def budget(availability: float, requests: int) -> int:
    """How many requests may fail; always one, since a single error says nothing."""
    return max(1, int(requests * (ALL - Fraction(str(availability))) / ALL))
