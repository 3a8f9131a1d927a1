"""`init`: read the repository, try what it needs, and say in a manifest what was found."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field, replace
from datetime import timedelta
from pathlib import Path

from ecluse.loop.code.checkout import check_out, reader
from ecluse.loop.code.veiling import can_veil
from ecluse.loop.code.workplace import Workplace, workplace
from ecluse.loop.plan.newer import Newer
from ecluse.loop.plan.proposing.chosen import with_python
from ecluse.loop.plan.proposing.proposal import Proposal
from ecluse.loop.plan.proposing.render import render
from ecluse.loop.plan.proposing.resolve import resolve
from ecluse.loop.plan.trying.attempt import attempt
from ecluse.loop.plan.trying.bench import Bench
from ecluse.loop.plan.trying.gates import try_steps
from ecluse.loop.services.scratch import scratch
from ecluse.loop.test.known import renewed
from ecluse.loop.test.listed import read
from ecluse.manifest.detect import detect
from ecluse.manifest.detect.apps import apps_in
from ecluse.manifest.detect.facts import Fact
from ecluse.manifest.detect.tree import Tree
from ecluse.model.counted import counted
from ecluse.model.ids import Commit
from ecluse.model.values import frozen
from ecluse.ports.python import Toolchain
from ecluse.ports.world import World

NO_COMMIT = Commit("0" * 40)
"""Stands for the working tree, which `init` reads: what it finds need not be committed yet."""

BUDGET = timedelta(minutes=15)
STEP = timedelta(minutes=8)


@frozen
class Request:
    """What the person asked for. `port` gives one that is free on this machine; it is asked last, so that it still is
    when the manifest is written."""

    port: Callable[[], int]
    should_try: bool = True
    as_one: bool = False
    """Take the repository for one app, whatever lies in it."""
    budget: timedelta = BUDGET
    step_limit: timedelta = STEP


class SeveralAppsError(Exception):
    """The repository holds several apps, each in a folder of its own: each is to be taken for itself."""

    def __init__(self, folders: tuple[str, ...]) -> None:
        super().__init__(", ".join(folders))
        self.folders = folders


@frozen
class Found:
    """What `init` has to say; nothing is written yet."""

    facts: tuple[Fact, ...]
    proposal: Proposal
    text: str
    lists: Mapping[str, str] = field(default_factory=dict)
    """Files of known failures, path to text, that the manifest names."""


async def initialise(world: World, request: Request) -> Found:
    """A manifest for the repository of `world`. Everything started is ended; what was built stays as a cache.

    SeveralAppsError: there are several. ProblemError I001: no app was found. I002: none that was found answers. B…: its
    environment can't be made. I021: nothing serves, and nothing that was found stays up.
    """
    run = str(world.ids.new("init"))
    with workplace(world.home, run) as place:
        files = await world.source.working_files()
        facts = await asyncio.to_thread(found_in, world.root, files, world.toolchain)
        world.reporter.note(f"read {counted(len(files), 'file')}")
        if not request.as_one and (folders := apps_in(facts, files)):
            raise SeveralAppsError(folders)
        if request.should_try:
            proposal = await tried(world, request, facts, place, run)
        else:
            proposal = resolve(facts, name=world.root.name)
            proposal = await with_python(proposal, facts, world.toolchain, world.root)
        lists = await asyncio.to_thread(lists_of, proposal, world.root)
    proposal = with_port(proposal, request.port())
    return Found(facts=facts, proposal=proposal, text=render(proposal), lists=lists)


async def tried(world: World, request: Request, facts: tuple[Fact, ...], place: Workplace, run: str) -> Proposal:
    """What answered, in a copy: nothing that is tried gets to the repository itself."""
    until = world.clock.monotonic() + request.budget.total_seconds()
    checkout = await check_out(world.source, NO_COMMIT, place.folder / "commit", dirty=True)
    async with scratch(world, place.folder / "services") as services:
        bench = Bench(world=world, place=place, checkout=checkout, until=until, services=services)
        await bench.lay_out()
        kept = "" if await can_veil(world.commands) else ", but may write what you may (`ecluse doctor`)"
        world.reporter.note(
            f"what is tried is the repository's own code: it gets its own HOME and none of your variables{kept}; "
            "its build gets those that fetch and compile packages, an index's password too"
        )
        found = await attempt(facts, bench, name=world.root.name)
    if found.environment is None:
        return found.proposal
    async with scratch(world, place.folder / "step-services") as services:
        bench = replace(bench, services=services)
        return await try_steps(found.proposal, found.environment, bench, run, request.step_limit)


def lists_of(proposal: Proposal, root: Path) -> Mapping[str, str]:
    """The files of known failures; what a person wrote into one behind a test that still fails is kept."""
    names = {step.name: step.evidence.known_failures for step in proposal.app.steps}
    known = {names[step]: failures for step, failures in proposal.known.items()}
    return {name: renewed(read(root, name) or "", failures) for name, failures in known.items()}


def with_port(proposal: Proposal, port: int) -> Proposal:
    places = tuple(replace(place, port=port) for place in proposal.app.environments)
    return replace(proposal, app=replace(proposal.app, environments=places))


@contextmanager
def uncollected() -> Iterator[None]:
    """Syntax trees are millions of objects, none of them garbage: looking through them again and again takes as long as
    making them."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def found_in(root: Path, files: tuple[str, ...], toolchain: Toolchain) -> tuple[Fact, ...]:
    """All facts, those about the syntax that it took a newer Python to read at the end."""
    newer = Newer(toolchain, root)
    with uncollected():
        facts = detect(Tree(paths=files, read=reader(root), newer=newer))
    return (*facts, *dict.fromkeys(newer.facts))
