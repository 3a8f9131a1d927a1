import os
import socket
import threading

import pytest

from ecluse.keeper import holder, server
from ecluse.keeper.places import Home


@pytest.fixture
def home(tmp_path):
    return Home(str(tmp_path))


@pytest.fixture
def listener(home):
    with server.bind(home.holder_socket, socket.SOCK_SEQPACKET) as bound:
        yield bound


def test_a_holder_that_no_keeper_calls_ends_by_itself(home, listener):
    """Its keeper was killed between starting it and giving it something to hold."""
    holder.Holder(home, patience=0.05).run(listener)
    with open(home.life) as life:
        assert "no keeper has called" in life.read()


def test_a_holder_that_was_called_stays(home, listener):
    running = threading.Thread(target=holder.Holder(home, patience=0.3).run, args=(listener,), daemon=True)
    running.start()
    holder.call(home, {"order": "hold", "pid": os.getpid(), "command": []})
    running.join(0.6)
    assert running.is_alive()
    holder.call(home, {"order": "end"})
    running.join(5)
    assert not running.is_alive()
