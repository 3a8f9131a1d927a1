"""The public port in this process, with servers of the test in its slots."""

import asyncio
import os
import socket

import pytest

from ecluse.keeper import listeners, routing
from ecluse.keeper.places import Home
from ecluse.keeper.traffic import Traffic
from ecluse.wire.codes import OrderError


@pytest.fixture
def home(tmp_path):
    made = Home(str(tmp_path))
    made.make()
    return made


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


async def ask(connection):
    loop = asyncio.get_running_loop()
    connection.setblocking(False)
    await loop.sock_sendall(connection, b"hello")
    found = b""
    while piece := await loop.sock_recv(connection, 1000):
        found += piece
    connection.close()
    return found


async def serve(listener, name):
    async def answer(reader, writer):
        writer.write(name + b" got " + await reader.read(100))
        writer.close()

    return await asyncio.start_server(answer, sock=listener.dup())


def connect(port):
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def test_a_handshake_that_began_before_the_shift_is_passed_on(home):
    """It lies in the queue of a slot without a process."""

    async def story():
        traffic = Traffic(home)
        traffic.bind("127.0.0.1", free_port())
        traffic.occupy("blue")
        server = await serve(traffic.pair["blue"], b"blue")
        traffic.route({"blue": 0, "green": 100})
        late = connect(traffic.port)
        traffic.route({"blue": 100, "green": 0})
        assert await ask(late) == b"blue got hello"
        server.close()
        await traffic.close()

    asyncio.run(story())


def test_a_private_connection_to_an_empty_slot_is_not_passed_on(home):
    async def story():
        traffic = Traffic(home)
        traffic.bind("127.0.0.1", free_port())
        traffic.occupy("blue")
        traffic.route({"blue": 100, "green": 0})
        private = socket.create_connection(("127.0.0.1", traffic.port), 10, (routing.PROBES["green"], 0))
        assert (await ask(private)).startswith(b"HTTP/1.1 503 ")
        await traffic.close()

    asyncio.run(story())


def test_a_socket_that_its_server_shut_down_listens_again(home):
    async def story():
        traffic = Traffic(home)
        traffic.bind("127.0.0.1", free_port())
        traffic.occupy("green")
        traffic.pair["green"].shutdown(socket.SHUT_RDWR)
        traffic.vacate("green")
        assert traffic.pair["green"].getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        await traffic.close()
        assert traffic.url == ""

    asyncio.run(story())


def test_an_unbound_environment_has_no_sockets_and_no_address(home):
    async def story():
        traffic = Traffic(home)
        assert (traffic.kind, traffic.url, traffic.serving) == ("none", "", None)
        traffic.vacate("blue")
        traffic.restore()
        await traffic.close()
        with pytest.raises(OrderError):
            traffic.sockets("blue")

    asyncio.run(story())


def test_the_queue_of_a_listener_is_counted():
    pair = listeners.open_pair("127.0.0.1", free_port())
    routing.attach(pair["blue"], 100)
    assert listeners.queued(pair["blue"]) == 0
    clients = [connect(pair["blue"].getsockname()[1]) for _ in range(3)]
    assert (listeners.queued(pair["blue"]), listeners.queued(pair["green"])) == (3, 0)
    for one in (*clients, *pair.values()):
        one.close()


def test_an_address_that_is_not_ours_is_refused():
    with pytest.raises(OrderError, match=r"can't listen on 192\.0\.2\.1") as error:
        listeners.open_pair("192.0.2.1", 8000)
    assert error.value.code == "K020"


def test_descriptors_that_are_no_pair_are_not_adopted():
    one, other = listeners.open_pair("127.0.0.1", free_port()).values()
    twice = {"blue": os.dup(one.fileno()), "green": os.dup(one.fileno())}
    with pytest.raises(ValueError, match="not the sockets"):
        listeners.adopt_pair(twice)
    one.close()
    other.close()
