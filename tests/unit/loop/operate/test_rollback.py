"""To go back while a deployment is open that nobody finishes."""

import asyncio
from dataclasses import replace

import pytest

from ecluse.ledger.memory import MemoryLedger
from ecluse.loop.operate.rollback import rollback, with_way_back, would_go_to
from ecluse.loop.operate.unfinished import resume
from ecluse.loop.ship import Shipped
from ecluse.model.problem import ProblemError
from support.memory_chain import LIVE, Chain, left_behind

pytestmark = pytest.mark.looped


@pytest.fixture
def chain(memory_world):
    made = Chain(memory_world)
    for version in ("0.9.0", "1.0.0"):
        assert asyncio.run(made.deploy(version)).committed
    return made


async def test_what_is_open_is_taken_back_and_nothing_else(chain):
    await left_behind(chain, 0)
    foreseen, _ = await would_go_to(chain.wanted, chain.world)
    done = await rollback(chain.wanted, chain.world)
    assert (done.outcome, done.version, foreseen.version) == ("rolled_back", "1.0.0", "1.0.0")
    assert await chain.serve("1.0.0")
    again = await rollback(chain.wanted, chain.world)
    assert (again.outcome, again.version) == ("rolled_back", "0.9.0")


async def test_what_its_keepers_took_back_meanwhile_is_not_gone_beyond(chain, monkeypatch):
    await left_behind(chain, 0)
    seen = await chain.fleet.observe()
    chain.memory.clock.advance(LIVE.lease.total_seconds() + 1)
    assert {one.open for one in (await chain.fleet.observe()).hosts.values()} == {None}
    looks = iter([seen])

    async def stale(fleet):
        return next(looks, None) or await looked(fleet)

    looked = type(chain.fleet).observe
    monkeypatch.setattr(type(chain.fleet), "observe", stale)
    assert (await rollback(chain.wanted, chain.world)).version == "1.0.0"


async def test_what_its_own_deployer_committed_while_we_waited_is_gone_back_from(chain, monkeypatch):
    await left_behind(chain, 0)
    seen = await chain.fleet.observe()
    assert await chain.serve("2.0.0")
    done = await resume(chain.wanted, chain.world, promote=False)
    assert done.version == "2.0.0"
    looks = iter([seen])

    async def stale(fleet):
        return next(looks, None) or await looked(fleet)

    looked = type(chain.fleet).observe
    monkeypatch.setattr(type(chain.fleet), "observe", stale)
    assert (await rollback(chain.wanted, chain.world)).version == "1.0.0"
    assert await chain.serve("1.0.0")


async def test_what_was_decided_is_finished_and_gone_back_from(chain):
    await left_behind(chain, 3)
    foreseen, _ = await would_go_to(chain.wanted, chain.world)
    done = await rollback(chain.wanted, chain.world)
    assert (done.version, foreseen.version) == ("1.0.0", "1.0.0")


async def test_without_a_release_before_there_is_nowhere_to_go(memory_world):
    first = Chain(memory_world)
    await first.deploy("1.0.0")
    with pytest.raises(ProblemError) as error:
        await rollback(first.wanted, first.world)
    assert error.value.problems[0].code == "D030"


async def test_a_way_back_is_named_where_there_is_one(memory_world):
    chain, shipped = Chain(memory_world), Shipped(outcome="shipped", environment="live")
    assert not with_way_back(shipped, chain.world).leads_back
    await chain.deploy("1.0.0")
    assert not with_way_back(shipped, chain.world).leads_back
    await chain.deploy("2.0.0")
    assert with_way_back(shipped, chain.world).leads_back
    assert not with_way_back(replace(shipped, outcome="waiting"), chain.world).leads_back


async def test_a_release_that_is_on_the_hosts_and_not_in_the_ledger_is_not_said_not_to_be(chain):
    """The ledger was lost, or is another machine's."""
    world = replace(chain.world, ledger=MemoryLedger(chain.world.clock, "ada@elsewhere"))
    with pytest.raises(ProblemError) as error:
        await rollback(chain.wanted, world)
    assert error.value.problems[0].code == "D038"
    assert "0.9.0" in error.value.problems[0].what
    assert await chain.serve("1.0.0")


async def test_what_is_taken_back_is_named_by_the_hosts_where_the_ledger_can_t(chain):
    await left_behind(chain, 0)
    world = replace(chain.world, ledger=MemoryLedger(chain.world.clock, "ada@elsewhere"))
    done = await rollback(chain.wanted, world)
    assert (done.outcome, done.version) == ("rolled_back", "1.0.0")
    assert await chain.serve("1.0.0")
