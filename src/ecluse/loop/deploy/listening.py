"""Whether the port can be had, asked before anything costly: `start` asks last, after the migration."""

from __future__ import annotations

from dataclasses import replace

from ecluse.loop.deploy.fleet import Fleet, is_lost
from ecluse.loop.deploy.wanted import Wanted
from ecluse.loop.each import on_each
from ecluse.model.ids import HostName
from ecluse.model.problem import Problem, ProblemError


async def port_trouble(wanted: Wanted, fleet: Fleet) -> Problem | None:
    """Why the first host that has a reason couldn't listen where its web process is to. A host that can't be reached
    has none here: whoever needs it says so."""
    if not wanted.listens:
        return None

    async def ask(host: HostName) -> None:
        there = wanted.environment.on(host)
        await fleet.targets[host].require_port(there.address, there.port)

    found = await on_each([host for host in fleet.targets if wanted.listens_on(host)], ask)
    for host, error in found.failed.items():
        if not is_lost(error):
            problem = error.problems[0]
            what = problem.what if fleet.is_single else f"{host}: {problem.what}"
            return replace(problem, what=what, state="nothing moved; what served before serves")
    return None


async def require_port(wanted: Wanted, fleet: Fleet) -> None:
    if problem := await port_trouble(wanted, fleet):
        raise ProblemError(problem)
