"""granian's private names that `serving/granian.py` stands on. A new version that lost one must fail here."""

import inspect

import pytest

mp = pytest.importorskip("granian.server.mp")


@pytest.mark.parametrize("name", ["_init_shared_socket", "_serve", "_spawn_worker"])
def test_the_server_has(name):
    assert callable(getattr(mp.MPServer, name))


def test_the_server_asks_for_its_socket_where_we_answer():
    assert "_shd" in inspect.getsource(mp.MPServer._spawn_worker)
    assert "_serve" in inspect.getsource(mp.AbstractServer.serve)


def test_a_socket_holder_takes_a_descriptor():
    import socket

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        holder = mp.SocketHolder(listening.fileno(), False, 16)
        assert holder.get_fd() == listening.fileno()


def test_a_worker_is_a_process_whose_code_can_run_here():
    assert "multiprocessing" in inspect.getsource(mp.WorkerProcess._spawn)


def test_a_worker_makes_its_exchange_where_we_put_ours():
    assert "_wsgi_call_wrap(callback, " in inspect.getsource(mp)
    adapter = inspect.getsource(mp._wsgi_call_wrap)
    assert "proto.response_bytes(resp.status, resp.headers, " in adapter
    assert "proto.response_iter(resp.status, resp.headers, " in adapter
