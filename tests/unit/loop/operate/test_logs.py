"""Whose lines are shown."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from ecluse.loop.deploy.fleet import fleet_of
from ecluse.loop.operate.logs import LogOrder, choose, logs
from ecluse.model.app import App, Environment
from ecluse.model.events.releases import ReleaseMade
from ecluse.model.ids import EnvironmentName, ProcessName
from ecluse.model.problem import ProblemError
from ecluse.model.slot import Slot, Weights
from ecluse.providers.memory.script import Behaviour
from ecluse.testing.releases import WEB, release_of
from ecluse.testing.world import HOLDER

pytestmark = pytest.mark.looped
LOCAL = Environment(name=EnvironmentName("local"))
APP = App(name="example", processes=(WEB,), environments=(LOCAL,))


async def shown(memory, process=None, **order):
    fleet, asked = fleet_of(memory.world, APP, LOCAL), LogOrder(process=process, **order)
    chosen = choose(asked, await fleet.observe(), memory.ledger.state(), LOCAL)
    return [line.text async for _, line in logs(APP, fleet, asked, chosen)]


@pytest.fixture
def two(memory_world):
    asyncio.run(begin(memory_world))
    return memory_world


async def begin(memory_world):
    """1.0.0 serves, and 2.0.0 has printed a lot since."""
    target = memory_world.target
    target.script("1.0.0", Behaviour(log=("one",)))
    target.script("2.0.0", Behaviour(log=("two",) * 300))
    grant = await target.take(HOLDER, LOCAL.lease)
    for version, slot in (("1.0.0", Slot.BLUE), ("2.0.0", Slot.GREEN)):
        release = release_of(version, WEB).release
        ids = {"release": release.id, "version": version, "commit": release.commit, "bundle": "b", "config": "c"}
        memory_world.ledger.append(ReleaseMade(**ids))
        await target.start(grant, release_of(version, WEB), slot)
    await target.route(grant, Weights.all_to(Slot.BLUE))


async def test_the_release_that_serves_isn_t_hidden_by_another(two):
    assert await shown(two) == ["one"]
    assert len(await shown(two, release="all")) == 100


@pytest.mark.parametrize(
    "asked", [{"release": "2.0.0"}, {"slot": Slot.GREEN}, {"release": "2.0.0", "slot": Slot.GREEN}]
)
async def test_another_one_is_shown_by_its_name_or_its_slot(two, asked):
    assert await shown(two, lines=2, **asked) == ["two", "two"]


async def test_what_is_in_a_slot_and_of_another_release_is_nothing(two):
    assert await shown(two, release="1.0.0", slot=Slot.GREEN) == []


async def test_all_of_a_time_is_shown_unless_a_number_is_named(two):
    ago = timedelta(minutes=10)
    assert len(await shown(two, release="all", since=ago)) == 301
    assert len(await shown(two, release="all", since=ago, lines=7)) == 7
    two.clock.advance(3600)
    assert await shown(two, release="all", since=ago) == []


async def test_where_nothing_serves_all_is_shown(two):
    grant = await two.target.take(HOLDER, LOCAL.lease)
    await two.target.shut(grant)
    assert len(await shown(two, lines=500)) == 301


async def test_a_release_that_isn_t_known_is_refused_with_those_that_are(two):
    with pytest.raises(ProblemError) as error:
        await shown(two, release="3.0.0")
    assert (error.value.problems[0].code, "2.0.0" in error.value.problems[0].fix) == ("D032", True)


async def test_a_process_that_has_printed_nothing_shows_nothing(memory_world):
    assert await shown(memory_world, "web") == []


async def test_a_process_that_only_an_earlier_manifest_had_is_shown(memory_world):
    memory_world.target.script("1.0.0", Behaviour(log=("hello",)))
    grant = await memory_world.target.take(HOLDER, LOCAL.lease)
    await memory_world.target.start(grant, release_of("1.0.0", replace(WEB, name=ProcessName("old"))), Slot.BLUE)
    assert await shown(memory_world, "old") == ["hello"]


async def test_an_unknown_process_is_refused_with_what_there_is(memory_world):
    with pytest.raises(ProblemError) as error:
        await shown(memory_world, "wbe")
    (problem,) = error.value.problems
    assert (problem.code, problem.fix) == ("D036", "did you mean 'web'? choose one of: web")
