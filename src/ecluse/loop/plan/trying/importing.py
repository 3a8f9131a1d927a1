"""An entry point is built and imported; what it needs is learned on the way."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from ecluse.loop.plan.proposing.locked import runners_alone
from ecluse.loop.plan.proposing.written import make_room
from ecluse.loop.plan.trying.borrowed import of_framework
from ecluse.loop.plan.trying.case import Case
from ecluse.loop.plan.trying.curing import Search, Setback, cured, given_up, those_able
from ecluse.loop.plan.trying.learn import Failure, Lesson, learn
from ecluse.loop.plan.trying.wanting import last_line
from ecluse.manifest.detect.facts import Fact, Kind
from ecluse.model.app import Build, Interface
from ecluse.model.counted import counted
from ecluse.model.problem import Exit, Problem, ProblemError

ROUNDS = 30
"""Lessons that one entry point may cost."""
IMPORT = 60.0
"""Seconds for an import."""
BUILD = 600.0
"""Seconds for an environment."""
CURE = 240.0
"""Seconds for an environment that a cure asks for: what is compiled for longer has a better one."""
HOPELESS = ("B001", "B013", "B018", "I011")
"""No interpreter, no network, no time: asking for less doesn't help."""


async def imported(case: Case) -> tuple[str, ...]:
    """Import the entry point, learning what it needs. Empty when that went well, else what it said.

    ProblemError when the environment can't be made, whatever cure was tried.
    """
    search = Search()
    for _ in range(ROUNDS):
        setback = await met(case)
        if setback is None:
            return ()
        if not await improved(case, setback, search):
            return given_up(search.first or setback, search)
    return (f"{case.web.app} still lacks something after {ROUNDS} tries",)


async def met(case: Case) -> Setback | None:
    """What stands in the way, None when the entry point is imported."""
    try:
        await built(case)
    except ProblemError as error:
        return error
    return None if case.web.interface is Interface.COMMAND else await probed(case)


async def improved(case: Case, setback: Setback, search: Search) -> bool:
    """Change the one thing that may help; False when nothing is left to change, or no time."""
    if case.bench.left <= 0:
        return False
    if isinstance(setback, ProblemError):
        return await cured(case, setback, search)
    if await asyncio.to_thread(those_able, case, setback.wants) and await cured(case, setback, search):
        return True
    if (setback.folder and roomier(case, setback)) or taught(case, setback):
        return True
    if case.proposal.app.env:
        from_package(case, setback)
        return True
    return await cured(case, setback, search)


def taught(case: Case, failure: Failure) -> bool:
    lesson = learn(failure, case.proposal, case.facts)
    if lesson is None:
        return False
    case.say("learn", ok=True, answer=str(lesson), about=lesson.about)
    case.proposal = lesson.applied(case.proposal)
    return True


def roomier(case: Case, failure: Failure) -> bool:
    """Whether the folder that a database wants is in the tree, and is state from now on. Another one is said."""
    folder = Path(failure.folder)
    if not folder.is_relative_to(case.bench.tree):
        case.open += (f"{folder}, where a database should lie, isn't there: let a variable name a path in the tree",)
        return False
    path = f"{folder.relative_to(case.bench.tree)}/"
    if path in case.proposal.app.state:
        return False
    lesson = Lesson(said=f"without it: {failure}", state=path)
    case.say("learn", ok=True, answer=f"a folder {path}", about=lesson.about)
    case.proposal = lesson.applied(case.proposal)
    case.facts += (Fact(kind=Kind.STATE, value=path, file=path),)
    return True


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
    """The environment with what tests need; with their runners alone, or without, when that can't be had. What can't
    be had even so is the last Problem, and the proposal stays as it was."""
    wanted = case.proposal.app.build
    if wanted == case.made_of:
        return
    why: list[ProblemError] = []
    for build in lighter(wanted, case.facts):
        try:
            case.environment = await made(case, build)
        except ProblemError as error:
            why.append(error)
            if error.problems[0].code in HOPELESS:
                break
        else:
            case.made_of = build
            if why:
                leave_out(case, build, why[0].problems[0])
            return
    raise why[-1]


def lighter(build: Build, facts: tuple[Fact, ...]) -> tuple[Build, ...]:
    """What may be asked for, most first: what a repository develops with may not build here, the runners of its tests
    alone often do."""
    without = replace(build, test_requirements=(), test_extras=(), test_groups=())
    return tuple(dict.fromkeys((build, runners_alone(build, facts), without)))


async def made(case: Case, build: Build) -> Path:
    what, began = "build the environment", case.began("build the environment")
    seconds = max(1.0, min(CURE if case.is_cured else BUILD, case.bench.left))
    try:
        async with asyncio.timeout(seconds):
            environment = await case.bench.environment(build, tests=True)
    except ProblemError as error:
        case.say(what, ok=False, answer=error.problems[0].what, began=began, about="build")
        raise
    except TimeoutError as error:
        case.say(what, ok=False, answer=f"it took longer than {seconds:.0f} s", began=began, about="build")
        raise ProblemError(took_too_long(seconds)) from error
    case.say(what, ok=True, answer=python_of(environment), began=began, about="build")
    return environment


def took_too_long(seconds: float) -> Problem:
    return Problem(
        code="I011",
        what=f"what the app needs isn't built after {seconds:.0f} s",
        fix="see in the lines above what it was at; a package that has a wheel for this Python takes seconds "
        "(build.python, build.without), or write the manifest without trying (`ecluse init --no-try`)",
        state="nothing was written; everything that was started is ended",
        exit=Exit.REFUSED,
    )


def leave_out(case: Case, build: Build, why: Problem) -> None:
    """What the tests need and can't be had. Without their runners the steps stay, as none that is a gate: each ship
    says so."""
    app = case.proposal.app
    if build.test_requirements:
        case.open += (f"what the repository develops with can't be installed ({why.what}) and is left out",)
        case.proposal = replace(case.proposal, app=replace(app, build=build))
        return
    said = f"what the steps need can't be installed ({why.what})"
    case.open += (f"{said}: mend that in [build], then remove gate and why_off",)
    steps = tuple(replace(step, gate=False, why_off=said) for step in app.steps)
    case.proposal = replace(case.proposal, app=replace(app, build=build, steps=steps))


async def probed(case: Case) -> Failure | None:
    """Import the entry point in its environment; None when it is there."""
    case.last_words = ()
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
        case.databases = of_framework(answer["databases"])
        believe(case, Interface(answer["interface"]))
        said = f"{case.web.interface}, {counted(len(case.routes), 'plain route')}"
        case.say(what, ok=True, answer=said, began=began, about="processes.web.app")
        return None
    else:
        failure = Failure.of(answer["error"])
        if failure.kind == "SystemExit":  # what it wrote before is why
            case.last_words = tuple(finished.output.splitlines()[-12:])
            failure = replace(failure, message=last_line(case.last_words) or failure.message,
                              lines=(*failure.lines, *case.last_words))  # fmt: skip
    case.say(what, ok=False, answer=str(failure), began=began, about="processes.web.app")
    return failure


def believe(case: Case, interface: Interface) -> None:
    """What the object itself says it is goes before what its name suggested."""
    case.change(replace(case.web, interface=interface))


def python_of(environment: Path) -> str:
    found = next((environment / "lib").glob("python3.*"), None)
    return found.name.replace("python", "Python ") if found else "ready"
