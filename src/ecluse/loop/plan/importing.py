"""An entry point is built and imported; what it needs is learned on the way."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from ecluse.loop.plan.case import Case
from ecluse.loop.plan.learn import Failure, learn
from ecluse.loop.plan.written import make_room
from ecluse.model.app import Interface
from ecluse.model.problem import Problem, ProblemError

ROUNDS = 30
"""Lessons that one entry point may cost."""
IMPORT = 60.0
"""Seconds for an import."""


async def imported(case: Case) -> tuple[str, ...]:
    """Import the entry point, learning what it needs. Empty when that went well, else what it said."""
    for _ in range(ROUNDS):
        await built(case)
        if case.web.interface is Interface.COMMAND:
            return ()
        failure = await probed(case)
        if failure is None:
            return ()
        lesson = learn(failure, case.proposal, case.facts)
        if lesson is None and case.proposal.app.env:
            from_package(case, failure)
            continue
        if lesson is None or case.bench.left <= 0:
            return failure.lines or (str(failure),)
        case.say("learn", ok=True, answer=str(lesson))
        case.proposal = lesson.applied(case.proposal)
    return (f"{case.web.app} still lacks something after {ROUNDS} tries",)


def from_package(case: Case, failure: Failure) -> None:
    """Give up running the code from the tree (a part of it is made when it is built): what it writes beside itself
    then lies in its environment, and goes with the release."""
    app = case.proposal.app
    root = f"{app.env['PYTHONPATH']}/"
    lost = tuple(path for path in app.state if path.startswith(root))
    kept = tuple(path for path in app.state if path not in lost)
    case.say("run it from the tree", ok=False, answer=str(failure))
    said = f"writes beside its installed code ({', '.join(lost)}): that data goes with each release"
    case.open += (f"{said}; let it write to a path that a variable names",)
    reasons = {key: why for key, why in case.proposal.reasons.items() if key != "app.env"}
    case.proposal = replace(case.proposal, app=replace(app, env={}, state=kept), reasons=reasons)


async def built(case: Case) -> None:
    """The environment with what tests need; without, when that can't be had."""
    build = case.proposal.app.build
    if build == case.made_of:
        return
    began = case.began("build the environment")
    try:
        case.environment = await case.bench.environment(build, tests=True)
    except ProblemError as error:
        case.say("build the environment", ok=False, answer=error.problems[0].what, began=began)
        if not (build.test_requirements or build.test_extras or build.test_groups):
            raise
        without_steps(case, error.problems[0])
        await built(case)
        return
    case.made_of = build
    case.say("build the environment", ok=True, answer=python_of(case.environment), began=began)


def without_steps(case: Case, why: Problem) -> None:
    app = case.proposal.app
    build = replace(app.build, test_requirements=(), test_extras=(), test_groups=())
    case.open += (f"what the steps need can't be installed ({why.what}): add [steps.*] and what they need",)
    case.proposal = replace(case.proposal, app=replace(app, build=build, steps=()))


async def probed(case: Case) -> Failure | None:
    """Import the entry point in its environment; None when it is there."""
    await case.bench.renew()
    await asyncio.to_thread(make_room, case.bench.tree, case.proposal.app.state)
    what = f"import {case.web.app}"
    began = case.began(what)
    asked = {"entry": case.web.app, "folder": str(case.bench.tree / case.web.folder)}
    answer, finished = await case.bench.question(
        "probe.py", asked, environment=case.environment, env=case.env, seconds=IMPORT
    )
    if answer is None:
        said = "it took too long" if finished.timed_out else "it ended the interpreter"
        failure = Failure(kind="Stopped", message=said, lines=tuple(finished.output.splitlines()[-12:]) or (said,))
    elif answer["ok"]:
        case.routes = tuple(answer["routes"])
        believe(case, Interface(answer["interface"]))
        case.say(what, ok=True, answer=f"{case.web.interface}, {len(case.routes)} plain routes", began=began)
        return None
    else:
        failure = Failure.of(answer["error"])
    case.say(what, ok=False, answer=str(failure), began=began)
    return failure


def believe(case: Case, interface: Interface) -> None:
    """What the object itself says it is goes before what its name suggested."""
    case.change(replace(case.web, interface=interface))


def python_of(environment: Path) -> str:
    found = next((environment / "lib").glob("python3.*"), None)
    return found.name.replace("python", "Python ") if found else "ready"
