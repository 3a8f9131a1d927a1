"""A commit that serves already is shipped again unless all is well with it."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from ecluse.loop.deploy.deploy import deploy
from ecluse.loop.deploy.fleet import fleet_of
from ecluse.loop.deploy.lease import held
from ecluse.loop.deploy.wanted import Wanted, keep_app
from ecluse.loop.ship import serving_already
from ecluse.model.app import App, Environment, Health
from ecluse.model.events.releases import ReleaseMade
from ecluse.model.ids import EnvironmentName
from ecluse.model.problem import Exit, Problem
from ecluse.model.slot import Slot
from ecluse.testing.releases import NOTHING, WEB, release_of

pytestmark = pytest.mark.looped
LIVE = Environment(name=EnvironmentName("live"), hosts=("keeper:a", "keeper:b"), watch=timedelta())
HEALTH = Health(path="/up", timeout=timedelta(seconds=2))
APP = App(name="example", processes=(replace(WEB, health=HEALTH),), environments=(LIVE,))
WANTED = Wanted(app=APP, environment=LIVE)
GONE = Problem(code="K001", what="no answer", fix="again", exit=Exit.UNREACHABLE)


@pytest.fixture
def served(memory_world):
    """The release of the commit serves on both hosts."""

    async def ship():
        world, fleet = memory_world.world, fleet_of(memory_world.world, APP, LIVE)
        release = release_of("1.0.0", *APP.processes, environment=LIVE).release
        release = replace(release, config=keep_app(APP, world.store))
        made = {"commit": release.commit, "bundle": release.bundle, "config": release.config}
        world.ledger.append(ReleaseMade(release=release.id, version=release.version, **made))
        async with held(fleet, LIVE.lease, world) as lease:
            assert (await deploy(WANTED, release, NOTHING, fleet, lease, world, verb="ship")).committed
        return release

    return asyncio.run(ship())


async def already(memory, release):
    return await serving_already(WANTED, release.commit, fleet_of(memory.world, APP, LIVE), memory.world)


async def test_what_serves_and_is_well_is_unchanged(memory_world, served):
    assert (await already(memory_world, served)).outcome == "unchanged"


@pytest.mark.parametrize("host", ["a", "b"])
async def test_what_runs_and_answers_with_errors_is_not(memory_world, served, host):
    memory_world.hosts[host].ill.add(Slot.BLUE)
    assert await already(memory_world, served) is None


async def test_what_can_not_be_asked_is_not(memory_world, served):
    memory_world.hosts["b"].fail("flaw", GONE)
    assert await already(memory_world, served) is None
