"""`ecluse security`: the gate by itself, with its report."""

from __future__ import annotations

import json
from typing import Any

from ecluse.loop.security.report import JSON
from ecluse.loop.test.verb import StepsDone, StepsOrder, run_order
from ecluse.model.app import App
from ecluse.model.problem import Problem, ProblemError
from ecluse.model.security import SECURITY, SecurityPolicy
from ecluse.model.values import frozen
from ecluse.ports.world import World


@frozen
class Scanned:
    """`report` is the document of `report.document`; empty where the gate itself failed, which the verdict says."""

    done: StepsDone
    report: dict[str, Any]


def policy_of(app: App) -> SecurityPolicy:
    """ProblemError V028 where the manifest asks for no gate."""
    if app.security is None:
        raise ProblemError(
            Problem(
                code="V028",
                what="the manifest asks for no security gate",
                state="nothing was scanned",
                fix="add a table [security] to ecluse.toml; it may be empty",
            )
        )
    return app.security


async def scan(order: StepsOrder, app: App, world: World) -> Scanned:
    policy_of(app)
    done = await run_order(order, app, world)
    paper = world.home / "logs" / "runs" / done.run / f"{SECURITY}.{JSON}"
    return Scanned(done=done, report=json.loads(paper.read_bytes()) if paper.exists() else {})
