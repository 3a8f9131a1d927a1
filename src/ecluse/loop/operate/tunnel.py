"""A port of this machine that leads to a process on a host."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from ecluse.loop.deploy.fleet import Fleet, fleet_of
from ecluse.loop.operate.chosen import require_host
from ecluse.model.app import App, Environment
from ecluse.model.ids import HostName
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.model.slot import Slot
from ecluse.model.values import frozen
from ecluse.ports.target import Target, Tunnels
from ecluse.ports.tunnel import Listens, Pipe, Sink, Source, Way
from ecluse.ports.world import World

PIECE = 1 << 16


@frozen
class Opened:
    """A port here that leads to a process there."""

    host: HostName
    way: Way
    port: int
    """Of ours."""


@frozen
class Asked:
    """`process`: "" is the one that gets the traffic. `host`: "" is the first on which it is found. `port` 0: any."""

    process: str = ""
    host: str = ""
    slot: Slot | None = None
    port: int = 0


async def tunnel(
    app: App, environment: Environment, asked: Asked, listens: Listens, world: World, opened: Callable[[Opened], None]
) -> None:
    """Until cancelled. `opened` is told once. The process is looked up for each connection, so that it is found after
    a deploy too; what can't be reached then is told, each reason once, and the tunnel stays."""
    host, target, way = await _found(fleet_of(world, app, environment), asked)
    told: set[str] = set()

    async def meet(here: Pipe) -> None:
        try:
            there = await target.pipe(await target.way(asked.process, asked.slot))
        except (ProblemError, OSError) as error:
            if (why := str(error)) not in told:
                told.add(why)
                world.reporter.note(f"! {host}: {why}")
            return
        told.clear()
        await splice(here, there)

    async with listens.listening(asked.port, meet) as port:
        opened(Opened(host=host, way=way, port=port))
        await asyncio.Event().wait()


async def _found(fleet: Fleet, asked: Asked) -> tuple[HostName, Tunnels, Way]:
    """The host that is named, or the first that has the process; else the Problem of the first."""
    hosts = (require_host(asked.host, tuple(fleet.targets)),) if asked.host else tuple(fleet.targets)
    first: ProblemError | None = None
    for host in hosts:
        target = fleet.targets[host]
        try:
            return host, _tunnels(target), await _tunnels(target).way(asked.process, asked.slot)
        except ProblemError as error:
            first = first or error
    raise first or AssertionError("an environment has a host")


def _tunnels(target: Target) -> Tunnels:
    if isinstance(target, Tunnels):
        return target
    raise ProblemError(
        Problem(
            code="D037", what="what runs in this environment can't be reached through a tunnel",
            fix="open it at its own address: `ecluse status`", exit=Exit.REFUSED,
        )
    )  # fmt: skip


async def splice(one: Pipe, other: Pipe) -> None:
    """Both ways, until both have ended or one is lost."""
    ways = [asyncio.create_task(_carry(one.source, other.sink)), asyncio.create_task(_carry(other.source, one.sink))]
    try:
        with suppress(OSError):
            await asyncio.gather(*ways)
    finally:
        for way in ways:
            way.cancel()
        one.sink.close()
        other.sink.close()


async def _carry(source: Source, sink: Sink) -> None:
    while data := await source.read(PIECE):
        sink.write(data)
        await sink.drain()
    sink.write_eof()
