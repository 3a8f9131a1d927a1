import os
import socket

from ecluse.keeper import connections


def test_open_connections_belong_to_who_accepted_them():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert connections.count_open(port, [os.getpid()]) == 0
        with socket.create_connection(("127.0.0.1", port)):
            accepted, _ = listener.accept()
            with accepted:
                assert connections.count_open(port, [os.getpid()]) == 1
                assert connections.count_open(port, [1]) == 0


def test_a_connection_whose_client_is_done_sending_is_still_open():
    listener = socket.create_server(("127.0.0.1", 0))
    with listener, socket.create_connection(listener.getsockname()) as client:
        accepted, _ = listener.accept()
        with accepted:
            client.shutdown(socket.SHUT_WR)
            assert accepted.recv(1) == b""
            assert connections.count_open(listener.getsockname()[1], [os.getpid()]) == 1


def test_who_listens_is_named():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        (holder,) = connections.listening_on(listener.getsockname()[1])
    assert holder["pid"] == os.getpid()
    assert "python" in holder["command"]


def test_nobody_listens_on_a_free_port():
    assert connections.listening_on(1) == []


def test_a_process_that_is_gone_has_no_sockets():
    assert connections.sockets_of(2**22 + 1) == set()
