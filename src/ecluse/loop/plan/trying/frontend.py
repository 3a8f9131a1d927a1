"""The front end while an app is tried: built once, its outputs seen, and there in each tree that is tried."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path, PurePosixPath

from ecluse.loop.build.frontend import Maker, left
from ecluse.loop.code.trees import copy_any
from ecluse.loop.code.workplace import remove_tree
from ecluse.loop.plan.proposing.written import above, look, outermost, owner
from ecluse.loop.plan.trying.case import Case
from ecluse.manifest.detect.frontend import LOCKS
from ecluse.manifest.detect.writes import is_placeholder
from ecluse.model.app import Frontend
from ecluse.model.problem import ProblemError

LIMIT = timedelta(minutes=5)
"""For each of its two commands, here."""
PACKAGES = "node_modules"
CACHES = (".vite", ".parcel-cache", ".turbo", ".yarn", ".pnpm-store", ".next")


async def fronted(case: Case) -> None:
    """Build the front end. One that can't be built, or leaves nothing new, is left out, and that is said."""
    frontend = case.proposal.app.frontend
    if frontend is None:
        return
    what = " ".join(frontend.command)
    began = case.began(what)
    try:
        outputs = await built(case, frontend)
    except ProblemError as error:
        problem = error.problems[0]
        case.say(what, ok=False, answer=problem.what, began=began)
        last = f" ({problem.evidence[-1]})" if problem.evidence else ""
        without(case, f"{problem.what}{last}: {problem.fix}, then `ecluse init --force`")
        return
    if not outputs:
        case.say(what, ok=True, answer="what it writes is committed already", began=began)
        without(case, "")
        return
    case.say(what, ok=True, answer=f"wrote {', '.join(outputs)}", began=began)
    case.proposal = replace(case.proposal, app=replace(case.proposal.app, frontend=replace(frontend, outputs=outputs)))


def without(case: Case, why: str) -> None:
    app = case.proposal.app
    reasons = {key: said for key, said in case.proposal.reasons.items() if not key.startswith("frontend.")}
    case.proposal = replace(case.proposal, app=replace(app, frontend=None), reasons=reasons)
    case.open += (why,) if why else ()


async def built(case: Case, frontend: Frontend) -> tuple[str, ...]:
    """What it wrote, once for all entry points; the files are kept for the first ship."""
    bench = case.bench
    if bench.built is not None:
        return bench.outputs
    tell = lambda line: bench.world.reporter.line("frontend", line)  # noqa: E731
    maker = Maker(world=bench.world, place=bench.place, checkout=bench.checkout, tell=tell)
    tools = await maker.tools(frontend)
    tree = bench.place.folder / "frontend"
    if tree.exists():
        await asyncio.to_thread(remove_tree, tree)
    limit = min(LIMIT, timedelta(seconds=max(1.0, bench.left)))
    await maker.build(replace(frontend, timeout=limit), tools, tree)
    outputs = await asyncio.to_thread(new_in, tree, frontend, bench.checkout.files)
    made = replace(frontend, outputs=outputs)
    if outputs:
        await asyncio.to_thread(maker.keep, made, tools, tree)
    bench.built, bench.outputs = bench.place.folder / "built", outputs
    await asyncio.to_thread(take, made, tree, bench.built)
    return outputs


def new_in(tree: Path, frontend: Frontend, committed: tuple[str, ...]) -> tuple[str, ...]:
    """The outermost paths that the commit lacks; what was installed and what tools keep for themselves isn't meant.

    A new file lies in a folder that the build was known to write, where it does: its name may change with its content.
    """
    known: dict[str, tuple[int, int]] = {}
    for path in committed:
        if not is_placeholder(path):
            known |= dict.fromkeys((path, *above(path)), (0, 0))
    expected = tuple(path for path in frontend.outputs if path.endswith("/"))
    found = (path for path in look(tree) if path not in known and path not in committed and is_output(path))
    return outermost(next(filter(path.startswith, expected), owner(path, known)) for path in found)


def is_output(path: str) -> bool:
    parts = PurePosixPath(path).parts
    aside = {PACKAGES, *CACHES}.isdisjoint(parts) and parts[-1] not in LOCKS
    return aside and not path.endswith("/") and not path.endswith(".tsbuildinfo")


def take(frontend: Frontend, tree: Path, into: Path) -> None:
    into.mkdir(exist_ok=True)
    for path in left(frontend, tree):
        copy_any(tree / path, into / path)
