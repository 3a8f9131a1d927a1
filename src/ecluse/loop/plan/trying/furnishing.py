"""The services of the app on the bench; without one that can't be had the rest is tried, and that is said."""

from __future__ import annotations

from dataclasses import replace

from ecluse.loop.plan.proposing.services import without
from ecluse.loop.plan.trying.case import Case
from ecluse.model.problem import Problem, ProblemError
from ecluse.model.service import Service


async def furnished(case: Case) -> None:
    for service in case.proposal.app.services:
        what = f"start {service.kind}"
        began = case.began(what)
        try:
            await case.bench.services.provide((service,), left=max(1.0, case.bench.left))
        except ProblemError as error:
            case.say(what, ok=False, answer=error.problems[0].what, began=began)
            leave_out(case, service, error.problems[0])
        else:
            case.say(what, ok=True, answer=", ".join(service.env), began=began)


def leave_out(case: Case, service: Service, why: Problem) -> None:
    """Its variables are then learned like any other, and may do without it."""
    case.lacked += (service,)
    app = without(case.proposal.app, service, f"{service.kind} can't be had here")
    mine = f"services.{service.name}."
    reasons = {key: reason for key, reason in case.proposal.reasons.items() if not key.startswith(mine)}
    case.proposal = replace(case.proposal, app=app, reasons=reasons)
    names = ", ".join(service.env)
    case.open += (f"{why.what}, so {names} was not given: {why.fix}; then `ecluse init --force`",)
