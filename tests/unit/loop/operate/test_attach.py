"""Which release on which host a person's command runs in, and what becomes of it."""

import asyncio
from datetime import timedelta

import pytest

from ecluse.loop.deploy.lease import take
from ecluse.loop.operate.attach import attach
from ecluse.model.problem import Exit, ProblemError
from ecluse.ports.target import RanCommand
from ecluse.providers.memory.script import Behaviour
from ecluse.providers.memory.target import MemoryTarget
from ecluse.testing.terminal import HeardTerminal
from support.memory_chain import LIVE, Chain

LS = ("ls",)


pytestmark = pytest.mark.looped


@pytest.fixture
def chain(memory_world):
    return Chain(memory_world)


async def deployed(chain):
    await chain.deploy("1.0.0")
    for target in chain.hosts.values():
        target.script("1.0.0", Behaviour(ran=RanCommand(exit_code=3, output="said\n", seconds=0.0)))
        target.calls.clear()


async def test_a_command_holds_the_lease_on_the_host_that_is_named(chain):
    await deployed(chain)
    terminal = HeardTerminal()
    assert await attach(chain.wanted, LS, terminal, chain.world, host="b") == 3
    assert terminal.heard == b"said\n"
    assert [host for host, target in chain.hosts.items() if "attach" in target.calls] == ["b"]
    calls = chain.hosts["b"].calls
    assert calls.index("take") < calls.index("attach") < calls.index("give_back")


async def test_a_shell_takes_no_lease(chain):
    await deployed(chain)
    assert await attach(chain.wanted, (), HeardTerminal(), chain.world) == 3
    assert [call for call in chain.hosts["a"].calls if call in {"take", "attach"}] == ["attach"]


async def test_a_host_on_which_nothing_serves_is_told(chain):
    await deployed(chain)
    lease = await take(chain.fleet, LIVE.lease, chain.world)
    await chain.hosts["b"].stop(lease.grant(), (await chain.hosts["b"].observe()).serving)
    with pytest.raises(ProblemError, match="D033"):
        await attach(chain.wanted, (), HeardTerminal(), chain.world, host="b")
    with pytest.raises(ProblemError, match="H012"):
        await attach(chain.wanted, (), HeardTerminal(), chain.world, host="web1")


class Typing(MemoryTarget):
    """Its commands don't end until they are given up."""

    async def attach(self, *_order):
        self.calls.append("attach")
        await asyncio.Event().wait()


async def test_one_that_takes_too_long_or_is_interrupted_is_given_up_first(memory_world):
    memory_world.hosts["a"] = target = Typing(memory_world.clock)
    chain = Chain(memory_world)
    await chain.deploy("1.0.0")
    with pytest.raises(ProblemError, match="D034"):
        await attach(chain.wanted, LS, HeardTerminal(), chain.world, within=timedelta(milliseconds=1))
    assert "give_up" in target.calls
    target.calls.clear()
    task = asyncio.create_task(attach(chain.wanted, LS, HeardTerminal(), chain.world))
    while "attach" not in target.calls and not task.done():  # noqa: ASYNC110 the loop under test turns meanwhile
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(ProblemError, match="D035") as error:
        await task
    assert (error.value.exit, "give_up" in target.calls) == (Exit.INTERRUPTED, True)
