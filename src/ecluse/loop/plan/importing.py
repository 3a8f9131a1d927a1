"""An entry point is built and imported; what it needs is learned on the way."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from ecluse.loop.plan.case import Case
from ecluse.loop.plan.learn import Failure, learn
from ecluse.loop.plan.locked import runners_alone
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
        case.say("learn", ok=True, answer=str(lesson), about=lesson.about)
        case.proposal = lesson.applied(case.proposal)
    return (f"{case.web.app} still lacks something after {ROUNDS} tries",)


def from_package(case: Case, failure: Failure) -> None:
    """Give up running the code from the tree (a part of it is made when it is built): what it writes beside itself
    then lies in its environment, and goes with the release."""
    app = case.proposal.app
    root = f"{app.env['PYTHONPATH']}/"
    lost = tuple(path for path in app.state if path.startswith(root))
    kept = tuple(path for path in app.state if path not in lost)
    case.say("run it from the tree", ok=False, answer=str(failure), about="app.env")
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
        case.say("build the environment", ok=False, answer=error.problems[0].what, began=began, about="build")
        if not (build.test_requirements or build.test_extras or build.test_groups):
            raise
        leave_out(case, error.problems[0])
        await built(case)
        return
    case.made_of = build
    case.say("build the environment", ok=True, answer=python_of(case.environment), began=began, about="build")


def leave_out(case: Case, why: Problem) -> None:
    """What a repository develops with may not build here: the runners of its tests alone often do, and are tried first.
    Without these the steps stay, as none that is a gate: each ship says so."""
    app = case.proposal.app
    if (lean := runners_alone(app.build)) != app.build:
        case.open += (f"what the repository develops with can't be installed ({why.what}) and is left out",)
        case.proposal = replace(case.proposal, app=replace(app, build=lean))
        return
    said = f"what the steps need can't be installed ({why.what})"
    case.open += (f"{said}: mend that in [build], then remove gate and why_off",)
    build = replace(app.build, test_requirements=(), test_extras=(), test_groups=())
    steps = tuple(replace(step, gate=False, why_off=said) for step in app.steps)
    case.proposal = replace(case.proposal, app=replace(app, build=build, steps=steps))


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
        said = f"{case.web.interface}, {len(case.routes)} plain routes"
        case.say(what, ok=True, answer=said, began=began, about="processes.web.app")
        return None
    else:
        failure = Failure.of(answer["error"])
    case.say(what, ok=False, answer=str(failure), began=began, about="processes.web.app")
    return failure


def believe(case: Case, interface: Interface) -> None:
    """What the object itself says it is goes before what its name suggested."""
    case.change(replace(case.web, interface=interface))


def python_of(environment: Path) -> str:
    found = next((environment / "lib").glob("python3.*"), None)
    return found.name.replace("python", "Python ") if found else "ready"
