"""The lease is kept for as long as we work, also when a host is silent."""

import asyncio
from datetime import timedelta

import pytest

from ecluse.loop.deploy.fleet import Fleet
from ecluse.loop.deploy.lease import Lease
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.ports.target import Grant

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
