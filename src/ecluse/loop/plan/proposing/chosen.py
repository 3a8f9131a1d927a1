"""The Python of a proposal, where code or server need another than the one that the repository asks for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from ecluse.loop.build.servers import server_requirements
from ecluse.loop.plan.proposing.proposal import Proposal
from ecluse.manifest.detect.facts import Fact, Kind, every
from ecluse.model.app import App
from ecluse.model.problem import Exit, Place, Problem, ProblemError
from ecluse.ports.python import Interpreter, Toolchain


async def with_python(proposal: Proposal, facts: tuple[Fact, ...], toolchain: Toolchain, tree: Path) -> Proposal:
    """New syntax is real, whatever version is declared, and there is no server for every Python.

    ProblemError I012 when the demands of the repository leave none that can parse its code.
    """
    try:
        chosen = (await toolchain.choose(tree, proposal.app.build)).minor
    except ProblemError:
        return proposal  # the build says so
    needed = max(every(facts, Kind.SYNTAX), key=lambda fact: number(fact.value), default=None)
    if needed and number(chosen) < number(needed.value):
        able = [
            one.minor
            for one in toolchain.fitting(tree, proposal.app.build)
            if number(one.minor) >= number(needed.value)
        ]
        if not able:
            raise ProblemError(forbidden(needed, toolchain.fitting(tree, proposal.app.build)))
        return of_python(proposal, min(able, key=number), f"{needed.place} is no Python {chosen}")
    if not is_servable(proposal.app, chosen):
        able = [
            one.minor for one in toolchain.fitting(tree, proposal.app.build) if is_servable(proposal.app, one.minor)
        ]
        return of_python(proposal, nearest(able, chosen)[0], f"no server runs Python {chosen}") if able else proposal
    return proposal


def of_python(proposal: Proposal, minor: str, reason: str) -> Proposal:
    app = replace(proposal.app, build=replace(proposal.app.build, python=minor))
    return replace(proposal, app=app, reasons={**proposal.reasons, "build.python": reason})


def is_servable(app: App, minor: str) -> bool:
    """Whether there is a server for this Python, or the app brings its own."""
    try:
        server_requirements(app, minor)
    except ProblemError:
        return False
    return True


def forbidden(needed: Fact, fitting: tuple[Interpreter, ...]) -> Problem:
    listed = ", ".join(f"{one.version} ({one.path})" for one in fitting) or "none"
    return Problem(
        code="I012",
        what=f"the code is written for Python {needed.value} or newer, which the repository's own demands rule out",
        where=Place(file=needed.file, line=needed.line),
        evidence=(f"what the repository admits, and is here: {listed}",),
        fix="widen requires-python (or what else bounds it), or set build.python",
        state="nothing was installed",
        exit=Exit.REFUSED,
    )


def nearest(minors: Iterable[str], current: str) -> tuple[str, ...]:
    here = number(current) if current else 0
    return tuple(sorted(minors, key=lambda minor: (abs(number(minor) - here), -number(minor))))


def number(minor: str) -> int:
    return int(minor.partition(".")[2])
