"""Cures on the bench: the next one that wasn't tried, and what it takes to choose it."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from ecluse.loop.code.checkout import reader
from ecluse.loop.plan.proposing.chosen import is_servable
from ecluse.loop.plan.proposing.proposal import Proposal
from ecluse.loop.plan.trying.case import Case
from ecluse.loop.plan.trying.cures import AGED, Cure, Patient, of_build, of_import
from ecluse.loop.plan.trying.learn import Failure
from ecluse.manifest.detect.facts import Kind, every
from ecluse.manifest.detect.packaging import package
from ecluse.model.app import Build
from ecluse.model.problem import ProblemError
from ecluse.ports.python import Interpreter

Setback = ProblemError | Failure
"""An environment that isn't made, or an entry point that isn't imported."""

HAS = """
import importlib, json, sys
module, name = json.loads({about!r})
try:
    found = importlib.import_module(module)
    print("yes" if not name or hasattr(found, name) or importlib.import_module(module + "." + name) else "")
except Exception:
    pass
"""
"""Whether the standard library has a module, or a name in one: nothing else can be imported when this is run."""
COMPILES = """
import ast, io, tokenize
try:
    with tokenize.open({path!r}) as file:
        ast.parse(file.read())
    print("yes")
except Exception:
    pass
"""
MOST = 12
"""Cures that one entry point may cost."""


@dataclass(slots=True)
class Search:
    """What was tried for one entry point. `met` are setbacks, each with the proposal that met it, the last one last;
    a setback for which no cure is left is dropped for the one before."""

    tried: set[Build] = field(default_factory=set)
    met: list[tuple[Proposal, Setback]] = field(default_factory=list)
    first: Setback | None = None
    cures: tuple[str, ...] = ()


async def cured(case: Case, setback: Setback, search: Search) -> bool:
    """Apply the next cure. False when none is left."""
    search.first = search.first or setback
    search.tried.add(case.proposal.app.build)
    if not search.met or str(search.met[-1][1]) != str(setback):
        search.met.append((case.proposal, setback))
    while search.met and len(search.cures) < MOST:
        before, met = search.met[-1]
        restore(case, before)
        if cure := await next_cure(case, met, search):
            search.cures += (cure.said,)
            case.say("cure", ok=True, answer=cure.said)
            case.proposal, case.is_cured = cure.applied(case.proposal), True
            return True
        search.met.pop()
    return False


def restore(case: Case, before: Proposal) -> None:
    """What a cure that changed nothing set is taken back; what was said of it stays said."""
    case.proposal = replace(before, trials=case.proposal.trials)


async def next_cure(case: Case, setback: Setback, search: Search) -> Cure | None:
    about = await patient(case)
    if isinstance(setback, Failure):
        able = await asyncio.to_thread(those_able, case, setback.wants)
        found = of_import(setback, able, about)
    else:
        found = of_build(setback, about)
    return next((cure for cure in found if cure.build not in search.tried), None)


async def patient(case: Case) -> Patient:
    bench, build = case.bench, case.proposal.app.build
    toolchain, tree = bench.world.toolchain, bench.checkout.folder
    fitting = await asyncio.to_thread(toolchain.fitting, tree, build)
    try:
        current = (await toolchain.choose(tree, build)).minor
    except ProblemError:
        current = ""
    return Patient(
        build=build, facts=case.facts, current=current,
        fitting=tuple(one.minor for one in fitting if is_servable(case.proposal.app, one.minor)),
        committed=await aged(case), mentioned=await asyncio.to_thread(mentioned, case),
        files=frozenset(bench.checkout.files), pins=await asyncio.to_thread(pins, case),
    )  # fmt: skip


async def aged(case: Case) -> datetime | None:
    """When the repository was committed to last; None when that is not long ago, or never was."""
    world = case.bench.world
    try:
        committed = await world.source.committed_at(await world.source.resolve("HEAD"))
    except ProblemError:
        return None
    return committed if world.clock.now() - committed > AGED else None


def those_able(case: Case, wants: Mapping[str, Any]) -> tuple[str, ...]:
    """The interpreters that have what an import lacked: a name of the standard library, or the syntax of a file."""
    toolchain, app = case.bench.world.toolchain, case.proposal.app
    fitting = toolchain.fitting(case.bench.checkout.folder, app.build) if wants else ()
    return tuple(one.minor for one in fitting if is_servable(app, one.minor) and is_able(toolchain.ask, one, wants))


def is_able(ask: Any, interpreter: Interpreter, wants: Mapping[str, Any]) -> bool:
    if "file" in wants:
        return bool(ask(interpreter, COMPILES.format(path=wants["file"])))
    return bool(ask(interpreter, HAS.format(about=json.dumps([wants["module"], wants["name"]]))))


def mentioned(case: Case) -> frozenset[str]:
    """Every word of the repository's own Python files."""
    folder = case.bench.checkout.folder
    files = (folder / path for path in case.bench.checkout.files if path.endswith(".py"))
    texts = (file.read_text(encoding="utf-8", errors="replace") for file in files if file.is_file())
    return frozenset(word.lower() for text in texts for word in re.findall(r"[A-Za-z_]\w+", text))


def pins(case: Case) -> dict[str, str]:
    """The exact versions that requirement files ask for."""
    files = {fact.value for fact in every(case.facts, Kind.REQUIREMENTS)} | set(case.proposal.app.build.requirements)
    texts = (reader(case.bench.checkout.folder)(file) or "" for file in sorted(files))
    found = (re.findall(r"(?m)^\s*([A-Za-z0-9._-]+)\s*(==[\w.]+)", text) for text in texts)
    return {package(name): version for lines in found for name, version in lines}


def given_up(setback: Setback, search: Search) -> tuple[str, ...]:
    """The last word when no cure helps: what the import said, or the environment's ProblemError."""
    if isinstance(setback, Failure):
        return setback.lines or (str(setback),)
    first, *others = setback.problems
    tried = (f"tried in vain: {'; '.join(search.cures)}",) if search.cures else ()
    raise ProblemError(replace(first, evidence=(*first.evidence, *tried)), *others)
