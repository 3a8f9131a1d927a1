"""Others have looked: people who approved the release for this environment.

Who somebody is, is what they say (`user@host`, or ECLUSE_ACTOR): a claim, kept in the ledger. Whoever has the same
name before the `@` is taken for the same person, so that a second machine doesn't make a second pair of eyes.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ecluse.model.history import ApprovalKnown
from ecluse.model.policy import Policy
from ecluse.model.release import Release
from ecluse.model.verdict import Answer, Verdict

GATE = "policy.approvals"


def approvals(
    policy: Policy, given: Iterable[ApprovalKnown], *, release: Release, deploys: str, environment: str, now: datetime
) -> Verdict:
    """`given` are those of the environment; `deploys` is who asks to deploy."""
    found = [one for one in given if one.release == release.id]
    flaws = {one: flaw(one, policy, deploys=deploys, now=now) for one in found}
    counted = {person(one.by): one for one in found if not flaws[one]}
    people = ", ".join(one.by for one in counted.values())
    enough = f"{len(counted)} of {policy.approvals} approvals of {release.version}{f': {people}' if people else ''}"
    if len(counted) >= policy.approvals:
        return Verdict(gate=GATE, answer=Answer.PASSED, evidence=(enough,))
    return Verdict(
        gate=GATE,
        answer=Answer.FAILED,
        evidence=(enough, *(f"{one.by}: {why}" for one, why in flaws.items() if why), may_approve(policy, deploys)),
        fix=f"let somebody else type: ecluse approve {release.version} --env {environment}",
    )


def flaw(one: ApprovalKnown, policy: Policy, *, deploys: str, now: datetime) -> str:
    """Why an approval doesn't count; empty when it does."""
    expired = one.at + policy.approval_expires
    if not is_approver(one.by, policy):
        return "is not among the approvers"
    if person(one.by) == person(deploys):
        return f"the approval of the one who deploys ({deploys}) doesn't count"
    return "" if now < expired else f"the approval expired at {expired.isoformat(timespec='minutes')}"


def is_approver(by: str, policy: Policy) -> bool:
    return not policy.approvers or bool({by.lower(), person(by)} & {name.lower() for name in policy.approvers})


def person(identity: str) -> str:
    return identity.partition("@")[0].lower()


def may_approve(policy: Policy, deploys: str) -> str:
    named = [name for name in policy.approvers if person(name) != person(deploys)]
    return f"who may approve: {', '.join(named) or f'anybody but {deploys}'}"
