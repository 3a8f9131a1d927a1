"""An entry point that can be imported is prepared, served and asked, with its workers: what a release would do."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import replace
from textwrap import shorten
from typing import Any

from ecluse.loop.code.trees import list_files
from ecluse.loop.plan.proposing import migrating
from ecluse.loop.plan.proposing.hosts import BY_NAME, LOCAL_NAMES
from ecluse.loop.plan.proposing.resolve import LOCAL
from ecluse.loop.plan.proposing.written import Seen, look, make_room, outermost, state_of
from ecluse.loop.plan.trying.answering import Answer, best, paths_to_ask, refusals, told, unwell
from ecluse.loop.plan.trying.borrowed import in_ini, named, suspected
from ecluse.loop.plan.trying.case import COMMAND, Case, shown
from ecluse.loop.plan.trying.evidence import hollow, lines, parts_of
from ecluse.loop.plan.trying.frontend import fronted
from ecluse.loop.plan.trying.last_words import TRACEBACK
from ecluse.loop.plan.trying.mapping import mapped
from ecluse.loop.plan.trying.working import PERIOD, as_installed, turned_off, why_it_ended, workers
from ecluse.manifest.detect.facts import GUESS, Fact, Kind, every, values
from ecluse.model.app import Argv, Interface, Process
from ecluse.model.problem import ProblemError

SHOWN = 70
"""Characters of a command line that are shown while it is tried."""
NOTHING: Mapping[str, Any] = {
    "asked": (), "unasked": (), "loaded": (), "without": {}, "output": (), "by_address": 0,
}  # fmt: skip
BAD = 400
START = 30.0
"""Seconds until a server answers."""
ENDING = 15.0
"""Seconds in which it is ended, and what it answered is written."""
MOST_LATE = 3
"""Paths that are named of those that were not asked."""


async def prepared(case: Case) -> tuple[str, ...]:
    """Run what a release needs before it starts. A preparation that fails is left out, and said."""
    await fronted(case)
    await case.bench.renew()
    app = case.proposal.app
    await asyncio.to_thread(make_room, case.bench.tree, app.state)
    kept = [argv for argv in app.build.commands if not await left_out(case, argv)]
    case.proposal = replace(case.proposal, app=replace(app, build=replace(app.build, commands=tuple(kept))))
    if app.web:
        await asyncio.to_thread(without_files, case)
    case.before = await asyncio.to_thread(look, case.bench.tree)
    return await migrated(case)


def without_files(case: Case) -> None:
    """Forget the folders that nothing brought: what should have collected them has failed, or isn't there."""
    static = case.web.static
    there = {prefix: path for prefix, path in static.items() if (case.bench.tree / path).exists()}
    for prefix in static.keys() - there.keys():
        case.open += (
            f"{prefix} should be served from {static[prefix]}, where nothing is: see to processes.web.static",
        )
    case.change(replace(case.web, static=there))


async def left_out(case: Case, argv: Argv) -> bool:
    """Whether a preparation fails; then it is said."""
    said = await case.command(argv, about="build.commands")
    if said:
        case.open += (f"`{shown(argv)}` failed when tried and is left out ({said[-1]}): see to build.commands",)
    return bool(said)


async def migrated(case: Case) -> tuple[str, ...]:
    """Run the migration, unless it may change what isn't ours. A release line that fails and may be anything is left
    out, and said."""
    app, line = case.proposal.app, migrating.chosen(case.facts)
    if app.migrate and (database := of_others(case, line)):
        return spared(case, database)
    failed = await case.command(app.migrate, about="app.migrate") if app.migrate else ()
    if not failed and line is not None and migrating.is_custom(line):
        return await repeated(case, line)
    if not failed or line is None or migrating.migrates(line):
        return failed
    reasons = {key: why for key, why in case.proposal.reasons.items() if key != "app.migrate"}
    case.proposal = replace(case.proposal, app=replace(app, migrate=()), reasons=reasons)
    case.open += (f"`{line.value}` ({line.place}) failed when tried and is left out: see to app.migrate",)
    return ()


def of_others(case: Case, line: Fact | None) -> str:
    """The database that the migration would change and that isn't this try's own; empty without a sign of one."""
    fixed = every(case.facts, Kind.FIXED)
    if line and (own := in_ini(fixed, line.file)):
        return own
    if case.databases is not None:
        return named(case.databases, case.bench.services.ports)
    return suspected(case.proposal.app.services, case.lacked, case.env, fixed)


def spared(case: Case, database: str) -> tuple[str, ...]:
    """The trial shares this machine's network: what listens there may be what somebody works with."""
    what = shown(case.proposal.app.migrate)
    case.say(what, ok=False, answer=f"not run: it would change {database}", about="app.migrate")
    why = f"it was not run here, for it would change {database}, which isn't this try's own; a ship does run it"
    case.open += (f"whether `{what}` goes well: {why}",)
    return ()


async def repeated(case: Case, line: Fact) -> tuple[str, ...]:
    """A command of the project's own is run for each release, so it must bear that; else what comes next is taken."""
    again = await case.command(case.proposal.app.migrate)
    if not again:
        return ()
    case.open += (f"`{line.value}` ({line.place}) can't be run twice ({again[-1]}): run it once, by `ecluse exec`",)
    case.facts = tuple(fact for fact in case.facts if fact != line)
    entry = Fact(kind=Kind.WSGI, value=case.web.app, file=line.file, folder=case.web.folder)
    reasons = {key: why for key, why in case.proposal.reasons.items() if key != "app.migrate"}
    other = migrating.migration(case.facts, entry, lambda key, why: reasons.update({key: str(why)} if why else {}))
    case.proposal = replace(case.proposal, app=replace(case.proposal.app, migrate=other), reasons=reasons)
    return await case.command(other) if other else ()


async def served(case: Case) -> tuple[str, ...]:
    """Start it, ask it, end it; then what it answered and what it wrote are known."""
    what = f"serve {case.web.app or shorten(case.web.command[-1], SHOWN, placeholder='…')}"
    began = case.began(what)
    answer = await asked(case)
    if await asyncio.to_thread(serves_more, case, answer):
        answer = await asked(case)
    without = answer["without"]
    case.last_words = goodbye(answer)
    case.answers = answers = tuple(Answer.of(said, without) for said in answer["asked"])
    chosen = best(answers, told(case.facts))
    case.open += (*unwell(answers, {*case.routes, *values(case.facts, Kind.ROUTE)}), *late(answer["unasked"]))
    if chosen is None or case.web.health is None or hollow(answers):
        said = "no page is well" if answers else "it never answered"
        case.say(what, ok=False, answer=said, began=began, about="processes.web")
        return refusals(answers, answer["output"])
    case.say(what, ok=True, answer=f"GET {chosen.path} answered {chosen.status}", began=began, about="processes.web")
    settle(case, chosen)
    open_by_name(case, answer["by_address"])
    migrates = bool(case.proposal.app.migrate)
    for line in lines(answers, parts_of(answer), health=chosen.path, has_database=migrates):
        if line.ok:
            case.say(line.what, ok=True, answer=line.answer)
        else:
            case.open += (line.answer,)
    return ()


def late(paths: Collection[str]) -> tuple[str, ...]:
    """What there was no time to ask for."""
    more = f" and {len(paths) - MOST_LATE} more" if len(paths) > MOST_LATE else ""
    named = ", ".join(tuple(paths)[:MOST_LATE])
    return (f"whether {named}{more} are well was not asked: others took too long to answer",) if paths else ()


def goodbye(answer: Mapping[str, Any]) -> tuple[str, ...]:
    """The last words of a program that ended by itself, but for those of an exception."""
    output = tuple(answer["output"])
    is_over = answer.get("exit") is not None and not answer["asked"]
    return output if is_over and not any(TRACEBACK in line for line in output) else ()


async def asked(case: Case) -> Mapping[str, Any]:
    """What the app answered while it ran; nothing when it couldn't be tried to the end."""
    question = {
        "argv": await server(case),
        "folder": str(case.bench.tree / case.web.folder),
        "tree": str(case.bench.tree),
        "paths": list(paths_to_ask(case.facts, case.routes)),
        "host": case.web.health.host if case.web.health else "localhost",
        "seconds": START,
        "within": max(1.0, min(COMMAND, case.bench.left) - ENDING),
        "port": case.web.interface is Interface.COMMAND,
    }
    answer, _ = await case.bench.question(
        "trial.py", question, environment=case.environment, env=case.env, seconds=COMMAND
    )
    return answer or NOTHING


def serves_more(case: Case, answer: Mapping[str, Any]) -> bool:
    """Whether files that pages load, and the app doesn't send, are served from now on."""
    if case.web.interface is Interface.COMMAND:
        return False
    found = mapped(parts_of(answer), list_files(case.bench.tree))
    more = {prefix: folder for prefix, folder in found.items() if prefix not in case.web.static}
    if more:
        case.change(replace(case.web, static={**case.web.static, **more}))
        why = "pages load these files, and the app doesn't send them"
        reasons = {**case.proposal.reasons, "processes.web.static": why}
        case.proposal = replace(case.proposal, reasons=reasons)
        case.say("serve files", ok=True, answer=", ".join(f"{prefix} from {path}" for prefix, path in more.items()))
    return bool(more)


async def server(case: Case) -> list[str]:
    """The words that start the app as a release would."""
    web = case.web
    if web.interface is Interface.COMMAND:
        return list(web.command)
    site = await case.bench.server_packages(case.proposal.app, case.environment)
    tools = case.bench.tools
    return [
        str(case.environment / "bin" / "python"), str(tools / "launch"), "--app", web.app,
        "--interface", str(web.interface), "--fd", "3", "--page", str(tools / "page"), "--site", str(site),
        *(word for prefix, path in web.static.items() for word in ("--static", f"{prefix}={case.bench.tree / path}")),
    ]  # fmt: skip


async def worked(case: Case) -> None:
    """Start each worker, and end it after a while. One that ends by itself is off, and that is said."""
    programs = await asyncio.to_thread(installed, case)
    for declared in workers(case.proposal.app):
        worker = replace(declared, command=as_installed(declared.command, programs))
        case.exchange(declared, worker)
        what = f"start {worker.name}"
        began = case.began(what)
        why = await ended(case, worker)
        if why:
            case.proposal = replace(case.proposal, app=turned_off(case.proposal.app, worker, why))
        case.say(what, ok=not why, answer=why or "it stays up", began=began, about=f"processes.{worker.name}")


def installed(case: Case) -> frozenset[str]:
    """The programs of the environment."""
    return frozenset(path.name for path in (case.environment / "bin").iterdir())


async def ended(case: Case, worker: Process) -> str:
    """Why a worker isn't there any more when its time is over; empty when it is."""
    try:
        finished = await case.bench.run(
            worker.command, environment=case.environment, env=case.env_of(worker), folder=worker.folder, seconds=PERIOD
        )
    except ProblemError as error:  # its program isn't there
        return error.problems[0].what
    return why_it_ended(finished)


def settle(case: Case, chosen: Answer) -> None:
    """The page that answered is the one to rely on."""
    assert case.web.health is not None  # noqa: S101 (every web process of a proposal has one)
    case.change(replace(case.web, health=replace(case.web.health, path=chosen.path, status=(chosen.status,))))
    reads = ", and reads the database" if chosen.reads else ""
    said = f"answered {chosen.status} in {chosen.seconds:.2f} s{reads}"
    reasons = {**case.proposal.reasons, "processes.web.health.path": said}
    case.proposal = replace(case.proposal, reasons=reasons)


def open_by_name(case: Case, by_address: int) -> None:
    """An app that refuses the address that people would type is told by the name that it answers to."""
    local = case.proposal.app.environment(LOCAL)
    asked_by_name = case.web.health is not None and case.web.health.host == LOCAL_NAMES[0]
    if local is None or not asked_by_name or by_address < BAD:
        return
    reasons = {f"environments.{LOCAL}.url": f"it answered {by_address} to 127.0.0.1"} | dict(case.proposal.reasons)
    app = case.proposal.app
    places = tuple(replace(place, url=BY_NAME) if place == local else place for place in app.environments)
    case.proposal = replace(case.proposal, app=replace(app, environments=places), reasons=reasons)


def remember(case: Case, seen: Seen) -> None:
    """What was written meanwhile is state."""
    written = state_of(case.before, seen)
    state = outermost([*(path for path in case.proposal.app.state if is_sure(case, path)), *written])
    reasons = {f"app.state.{path}": "written while it was tried" for path in written} | dict(case.proposal.reasons)
    case.proposal = replace(case.proposal, app=replace(case.proposal.app, state=state), reasons=reasons)


def is_sure(case: Case, path: str) -> bool:
    """A guessed database file that nothing wrote is forgotten."""
    return any(fact.value == path and fact.confidence > GUESS for fact in case.facts if fact.kind is Kind.STATE)
