"""The contract of a balancer. Subclass it, give the fixture, and pytest runs it all."""

from __future__ import annotations

import asyncio

import pytest

from ecluse.model.balanced import ServerState
from ecluse.model.ids import HostName
from ecluse.model.problem import Exit, ProblemError
from ecluse.ports.balancer import Balancer

ROUNDS = 50
"""Looks, a tenth of a second apart, in which what was begun must have ended."""
A, B = HostName("a"), HostName("b")


@pytest.mark.looped
class BalancerContract:
    """What the loop relies on, whatever shares the traffic."""

    @pytest.fixture
    def balancer(self) -> Balancer:
        raise NotImplementedError("give one that runs, with the hosts a and b, both of which answer")

    async def state(self, balancer: Balancer, host: HostName) -> ServerState:
        return (await balancer.look())[host].state

    async def test_its_hosts_are_seen_and_get_requests(self, balancer: Balancer) -> None:
        seen = await balancer.look()
        assert {host: one.state for host, one in seen.items()} == {A: ServerState.READY, B: ServerState.READY}

    async def test_a_drained_host_is_drained_alone(self, balancer: Balancer) -> None:
        await balancer.drain(A)
        assert await self.state(balancer, A) is ServerState.DRAINED
        assert await self.state(balancer, B) is ServerState.READY

    async def test_it_gets_requests_again(self, balancer: Balancer) -> None:
        await balancer.drain(A)
        await balancer.undrain(A)
        assert await self.state(balancer, A) is ServerState.READY

    async def test_saying_it_again_changes_nothing(self, balancer: Balancer) -> None:
        await balancer.undrain(A)
        await balancer.drain(A)
        await balancer.drain(A)
        assert await self.state(balancer, A) is ServerState.DRAINED
        await balancer.undrain(A)
        await balancer.undrain(A)
        assert await self.state(balancer, A) is ServerState.READY

    async def test_nothing_is_under_way_where_nobody_asks(self, balancer: Balancer) -> None:
        await balancer.drain(A)
        for _ in range(ROUNDS):
            if (await balancer.look())[A].under_way == 0:
                return
            await asyncio.sleep(0.1)
        raise AssertionError("something is under way still")

    async def test_a_host_that_it_does_not_know_is_refused(self, balancer: Balancer) -> None:
        with pytest.raises(ProblemError) as error:
            await balancer.drain(HostName("nobody"))
        assert (error.value.problems[0].code, error.value.exit) == ("H023", Exit.REFUSED)

    async def test_both_texts_name_the_hosts(self, balancer: Balancer) -> None:
        for text in (balancer.configuration(), balancer.servers()):
            assert "server" in text
