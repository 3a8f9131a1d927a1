"""Whose lines are shown."""

from dataclasses import replace

import pytest

from ecluse.loop.deploy.fleet import fleet_of
from ecluse.loop.operate.logs import logs
from ecluse.model.app import App, Environment
from ecluse.model.ids import EnvironmentName, ProcessName
from ecluse.model.problem import ProblemError
from ecluse.model.slot import Slot
from ecluse.providers.memory.script import Behaviour
from ecluse.testing.releases import WEB, release_of
from ecluse.testing.world import HOLDER

pytestmark = pytest.mark.looped
LOCAL = Environment(name=EnvironmentName("local"))
APP = App(name="example", processes=(WEB,), environments=(LOCAL,))


async def shown(memory, process):
    fleet = fleet_of(memory.world, APP, LOCAL)
    return [line.text async for _, line in logs(APP, fleet, follow=False, process=process, lines=10)]


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
