"""Hosts in memory that were started anew, and what they serve wants its secrets."""

import asyncio
from dataclasses import replace

import pytest

from ecluse.loop.deploy.wanted import Settings
from ecluse.loop.monitor.status import look
from ecluse.loop.operate.converge import converge
from ecluse.model.observed import SlotState
from ecluse.model.problem import Exit, ProblemError
from ecluse.model.secret import Secret
from support.memory_chain import APP, LIVE, Chain, lose

pytestmark = pytest.mark.looped


class Secretive(Chain):
    @property
    def wanted(self):
        return replace(super().wanted, settings=Settings(secrets={"TOKEN": Secret("a")}))


@pytest.fixture
def chain(memory_world):
    made = Secretive(memory_world, LIVE)
    assert asyncio.run(made.deploy("1.0.0")).committed
    return made


async def states(chain):
    return {host: look.slot(look.serving).state for host, look in (await chain.fleet.observe()).hosts.items()}


async def test_a_host_that_was_started_anew_is_named_and_revived(chain):
    chain.hosts["c"].restart_machine()
    assert (await states(chain))["c"] is SlotState.WANTS_SECRETS
    status = {host.name: host for host in (await look(APP, LIVE, chain.world)).hosts}
    assert (status["c"].health, "converge" in status["c"].why, status["a"].health) == ("down", True, "healthy")
    done = await converge(chain.wanted, chain.world)
    assert (done.revived, done.brought) == (("c",), ())
    assert set((await states(chain)).values()) == {SlotState.RUNNING}
    assert chain.hosts["c"].calls.count("stage") == 1, "nothing was deployed again"


async def test_all_of_them_at_once(chain):
    for host in chain.hosts.values():
        host.restart_machine()
    assert (await converge(chain.wanted, chain.world)).revived == tuple(chain.hosts)
    assert (await converge(chain.wanted, chain.world)).revived == ()


async def test_one_that_is_not_well_with_them_is_told(chain):
    for name in ("b", "c"):
        chain.hosts[name].restart_machine()
    chain.hosts["b"].ill.add((await chain.hosts["b"].observe()).serving)
    with pytest.raises(ProblemError) as error:
        await converge(chain.wanted, chain.world)
    (problem,) = error.value.problems
    assert (problem.code, problem.what.startswith("b: "), problem.exit) == ("D085", True, Exit.REFUSED)
    assert (await states(chain))["c"] is SlotState.RUNNING


async def test_one_that_is_lost_meanwhile_keeps_no_other_from_it(chain):
    for name in ("b", "c"):
        chain.hosts[name].restart_machine()
    lose(chain.hosts["b"], "start")
    with pytest.raises(ProblemError) as error:
        await converge(chain.wanted, chain.world)
    assert error.value.exit is Exit.UNREACHABLE
    assert (await states(chain))["c"] is SlotState.RUNNING
