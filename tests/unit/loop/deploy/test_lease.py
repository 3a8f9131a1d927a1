"""The lease is kept for as long as we work, also when a host is silent."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from ecluse.loop.deploy.fleet import Fleet
from ecluse.loop.deploy.lease import Lease, Line, take
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.ports.target import Grant
from support.memory_chain import EVERYTHING, Chain, lose

pytestmark = pytest.mark.looped
LEASE = timedelta(seconds=8)
LOST = Problem(code="K001", what="no answer", fix="again", exit=Exit.UNREACHABLE)
SUPERSEDED = Problem(code="K011", what="superseded", fix="look", exit=Exit.BUSY)


class Host:
    """Answers to a renewal after so many seconds, or with a Problem."""

    def __init__(self, clock, seconds=0.0, problem=None):
        self._clock, self._seconds, self._problem = clock, seconds, problem

    async def renew(self, grant):
        await self._clock.sleep(self._seconds)
        if self._problem:
            raise ProblemError(self._problem)


@pytest.fixture
def chain(memory_world):
    memory_world.clock.advance(1)  # a ticket is a moment, and nought is none
    return Chain(memory_world)


def lease_of(world, **hosts):
    fleet, taken = Fleet(hosts), dict.fromkeys(hosts, world.clock.monotonic())
    return Lease(Grant(holder=world.holder, generation=1), fleet, LEASE, world.clock, taken=taken, lost={})


async def test_a_silent_host_does_not_let_the_lease_run_out(memory_world):
    clock = memory_world.world.clock
    lease = lease_of(memory_world.world, a=Host(clock), b=Host(clock, 2.0, LOST), c=Host(clock))
    keeping = asyncio.create_task(lease.keep())
    for _ in range(100):
        await clock.sleep(0.25)
        lease.grant()
    keeping.cancel()


async def test_most_hosts_say_whether_we_are_superseded(memory_world):
    world, clock = memory_world.world, memory_world.world.clock
    well, lost, other = Host(clock), Host(clock, problem=LOST), Host(clock, problem=SUPERSEDED)
    assert await lease_of(world, a=well, b=well, c=lost).refusal() is None
    assert await lease_of(world, a=lost, b=lost, c=lost).refusal() is None
    lease = lease_of(world, a=other, b=other, c=well)
    refused = await lease.refusal()
    assert refused is not None
    assert refused.exit is Exit.BUSY
    with pytest.raises(ProblemError):
        lease.grant()


async def in_line(chain, name):
    """Somebody who waits: who it is, and its place."""
    holder = replace(chain.world.holder, id=name)
    line = Line(chain.fleet, holder)
    await line.stand()
    return replace(chain.world, holder=holder), line


async def test_nobody_comes_in_between_while_another_still_has_a_host(chain):
    """Who goes first has the first host already, gives it back, and keeps its place."""
    other = replace(chain.world.holder, id="h-still-there")
    grant = await chain.hosts["b"].take(other, LEASE)
    first, line = await in_line(chain, "h-first")
    second, _ = await in_line(chain, "h-second")
    given_back = chain.hosts["a"].give_back
    came = []

    async def give_back(grant):
        await given_back(grant)
        with pytest.raises(ProblemError) as refused:
            await chain.hosts["a"].take(second.holder, LEASE)
        came.append(refused.value.exit)

    chain.hosts["a"].give_back = give_back
    with pytest.raises(ProblemError):
        await take(chain.fleet, LEASE, first, line)
    assert came == [Exit.BUSY]
    await chain.hosts["b"].give_back(grant)
    assert (await take(chain.fleet, LEASE, first, line)).generation


async def test_the_line_is_kept_by_the_first_host_that_is_there(chain):
    lose(chain.hosts["a"], *EVERYTHING)
    first, line = await in_line(chain, "h-first")
    second, after = await in_line(chain, "h-second")
    assert (await line.stand(), await after.stand()) == (0, 1)
    with pytest.raises(ProblemError) as refused:
        await take(chain.fleet, LEASE, second, after)
    assert refused.value.exit is Exit.BUSY
    assert (await take(chain.fleet, LEASE, first, line)).lost.keys() == {"a"}


async def test_with_no_host_there_is_no_line(chain):
    for host in chain.hosts.values():
        lose(host, *EVERYTHING)
    with pytest.raises(ProblemError) as error:
        await in_line(chain, "h-first")
    assert error.value.exit is Exit.UNREACHABLE
