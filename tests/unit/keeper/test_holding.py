"""A holder of its own process, guarded by a keeper that is this test."""

import asyncio
import contextlib
import os
import signal
import socket

import pytest

from ecluse.keeper import holder, unixsocket
from ecluse.keeper.adopt import regain
from ecluse.keeper.holding import Holding
from ecluse.keeper.listeners import inode
from ecluse.keeper.places import Home
from ecluse.keeper.traffic import Traffic
from support.ports import free_port


@pytest.fixture
def home(tmp_path):
    made = Home(str(tmp_path))
    made.make()
    return made


@pytest.fixture
def story(home):
    """Runs `work` with open sockets and the holder that was started for them; afterwards none is left."""
    pids = []

    async def told(work):
        said = []
        traffic = Traffic(home)
        holding = Holding(home, traffic, said.append)
        traffic.bind("127.0.0.1", free_port())
        pids.append(holding.pid)
        try:
            await work(traffic, holding, said)
        finally:
            pids.append(holding.pid)
            await traffic.close()
            holding.end()

    yield lambda work: asyncio.run(told(work))
    for pid in pids:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)


def held(home):
    """Which sockets somebody else would get."""
    pair = regain(home, [], {})
    found = {name: inode(listener) for name, listener in pair.items()} if pair else None
    for listener in (pair or {}).values():
        listener.close()
    return found


def ended_by(pid):
    return os.WTERMSIG(os.waitpid(pid, 0)[1])


async def until(condition):
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("not within 5 s")


def test_what_is_opened_is_held_until_it_is_closed(home, story):
    async def work(traffic, holding, _):
        assert held(home) == {name: inode(listener) for name, listener in traffic.pair.items()}
        await traffic.close()
        assert held(home) is None

    story(work)
    assert not os.path.exists(home.holder_socket)


def test_a_holder_that_dies_is_replaced(home, story):
    async def work(traffic, holding, said):
        first = holding.pid
        os.kill(first, signal.SIGKILL)
        await until(lambda: holding.pid not in (0, first))
        assert held(home) == {name: inode(listener) for name, listener in traffic.pair.items()}
        assert said == ["the holder died; starting another"]

    story(work)


def test_a_holder_whose_socket_was_removed_gives_way_to_another(home, story):
    async def work(traffic, holding, _):
        first = holding.pid
        os.unlink(home.holder_socket)
        holding.renew()
        assert holding.pid != first
        assert ended_by(first) == signal.SIGKILL
        assert held(home) == {name: inode(listener) for name, listener in traffic.pair.items()}

    story(work)


def test_a_holder_that_is_still_found_stays(home, story):
    async def work(_, holding, __):
        first = holding.pid
        holding.renew()
        assert holding.pid == first

    story(work)


def test_no_place_for_a_holder_is_told_and_the_sockets_serve(home, story):
    async def work(traffic, holding, said):
        os.kill(holding.pid, signal.SIGKILL)
        os.rename(home.path, home.path + ".away")
        await until(lambda: len(said) > 1)
        assert said[1].startswith("no holder: [Errno 2]")
        with socket.create_connection(("127.0.0.1", traffic.port)):
            pass
        os.rename(home.path + ".away", home.path)
        holding.update()

    story(work)


@pytest.mark.parametrize("answer", [b"", b"no json"])
def test_a_holder_that_answers_nonsense_counts_as_none(home, answer):
    async def nonsense():
        loop = asyncio.get_running_loop()
        with unixsocket.bind(home.holder_socket, socket.SOCK_SEQPACKET) as listener:
            listener.setblocking(False)
            asked = loop.run_in_executor(None, held, home)
            connection, _ = await loop.sock_accept(listener)
            with connection:
                await loop.sock_recv(connection, holder.PACKET)
                await loop.sock_sendall(connection, answer)
            assert await asked is None

    asyncio.run(nonsense())
