"""Which process a tunnel leads to, and that it outlives what can't be reached for a while."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from ecluse.loop.operate.tunnel import Asked, splice, tunnel
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.model.slot import Slot
from ecluse.ports.tunnel import Pipe, Way
from ecluse.providers.memory.target import MemoryTarget
from support.memory_chain import APP, LIVE

pytestmark = pytest.mark.looped
DOWN = ProblemError(Problem(code="H004", what="no route", fix="wait", exit=Exit.UNREACHABLE))


class End:
    """One end of a connection: gives `given`, and keeps what it gets."""

    def __init__(self, *given):
        self.given, self.got, self.is_closed = [*given, b""], b"", False

    async def read(self, _):
        return self.given.pop(0)

    def write(self, data):
        self.got += data

    async def drain(self):
        await asyncio.sleep(0)

    def write_eof(self):
        self.got += b"."

    def close(self):
        self.is_closed = True


class There(MemoryTarget):
    """Leads to `end`; `troubles` are met first."""

    def __init__(self, clock, *troubles):
        super().__init__(clock)
        self.troubles, self.end = list(troubles), End(b"answer")

    async def way(self, process, slot=None):
        if self.troubles and isinstance(self.troubles[0], ProblemError):
            raise self.troubles.pop(0)
        return Way(process=process or "web", slot=slot or Slot.BLUE, address="127.0.0.1", port=8000)

    async def pipe(self, way):
        if self.troubles:
            raise self.troubles.pop(0)
        return Pipe(self.end, self.end)


class Clients:
    """Fills Listens: each end is a connection, and the tunnel is interrupted after them."""

    def __init__(self, *ends):
        self.ends = ends

    @asynccontextmanager
    async def listening(self, port, meet):
        for end in self.ends:
            await meet(Pipe(end, end))
        asyncio.current_task().cancel()
        yield port or 40123


async def led(memory_world, asked, *ends):
    found = []
    with pytest.raises(asyncio.CancelledError):
        await tunnel(APP, LIVE, asked, Clients(*ends), memory_world.world, found.append)
    asyncio.current_task().uncancel()
    return found[0]


async def test_it_leads_to_the_first_host_that_has_the_process(memory_world):
    memory_world.hosts.update(a=There(memory_world.clock, DOWN), b=There(memory_world.clock))
    client = End(b"question")
    opened = await led(memory_world, Asked(), client)
    assert (opened.host, opened.port, opened.way.process) == ("b", 40123, "web")
    assert (memory_world.hosts["b"].end.got, client.got) == (b"question.", b"answer.")


async def test_what_can_not_be_reached_for_a_while_is_told_once_and_the_tunnel_stays(memory_world):
    there = memory_world.hosts["a"] = There(memory_world.clock)
    refused = [ConnectionRefusedError("nobody listens") for _ in range(2)]
    clients = [End(), End(), End(b"question")]
    there.troubles = [*refused]
    await led(memory_world, Asked(host="a", slot=Slot.GREEN), *clients)
    assert clients[2].got == b"answer."
    assert memory_world.reporter.heard == [("note", "", "! a: nobody listens")]


async def test_a_target_without_tunnels_and_a_host_that_is_down_are_told(memory_world):
    with pytest.raises(ProblemError, match="D037"):
        await tunnel(APP, LIVE, Asked(), Clients(), memory_world.world, print)
    memory_world.hosts["a"] = There(memory_world.clock, DOWN)
    with pytest.raises(ProblemError, match="H004"):
        await tunnel(APP, LIVE, Asked(host="a"), Clients(), memory_world.world, print)


async def test_both_ends_are_closed_when_one_is_lost():
    class Lost(End):
        async def read(self, _):
            raise ConnectionResetError

    one, other = End(b"x"), Lost()
    await splice(Pipe(one, one), Pipe(other, other))
    assert (one.is_closed, other.is_closed) == (True, True)
