import os
import signal
import socket
import subprocess
import sys

import pytest

from ecluse.keeper import holder, unixsocket
from ecluse.keeper.places import Home
from support.keeper_host import eventually


@pytest.fixture
def home(tmp_path):
    return Home(str(tmp_path))


def said(home):
    with open(home.life) as life:
        return life.read()


def witness(path):
    """A keeper that only leaves its pid and then waits."""
    code = "import os, sys, time; open(sys.argv[1], 'a').write('%d\\n' % os.getpid()); time.sleep(60)"
    return [sys.executable, "-c", code, str(path)]


@pytest.fixture
def holding(home):
    """Tells a holder of its own process which keeper to guard."""
    pid = holder.begin(home, {"pid": os.getpid(), "command": []})
    yield lambda keeper, command: holder.call(home, {"order": "hold", "pid": keeper, "command": command})
    holder.call(home, {"order": "end", "pid": os.getpid()})
    assert os.waitpid(pid, 0)[1] == 0


def test_a_holder_guards_a_keeper_that_was_killed_right_after_starting_it(home, tmp_path):
    """Nobody is left to call it, and the sockets are with it alone."""
    reads, writes = os.pipe()
    with subprocess.Popen(["true"]) as gone:
        gone.wait()
    pid = holder.begin(home, {"pid": gone.pid, "command": witness(tmp_path / "pids")}, (writes,))
    os.close(writes)
    second = eventually(lambda: int((tmp_path / "pids").read_text().split()[0]), 10, OSError, IndexError)
    answer, (given,) = holder.call(home, {"order": "give"})
    os.write(given, b"kept")
    assert (answer["count"], os.read(reads, 4)) == (1, b"kept")
    os.close(given)
    os.close(reads)
    holder.call(home, {"order": "end", "pid": second})
    os.kill(second, signal.SIGKILL)
    assert os.waitpid(pid, 0)[1] == 0


def test_a_keeper_that_has_died_before_it_was_watched_is_started_again(home, holding, tmp_path):
    with subprocess.Popen(["true"]) as gone:
        gone.wait()
    holding(gone.pid, witness(tmp_path / "pids"))
    first = eventually(lambda: int((tmp_path / "pids").read_text().split()[0]), 10, OSError, IndexError)
    os.kill(first, signal.SIGKILL)
    second = eventually(lambda: int((tmp_path / "pids").read_text().split()[1]), 10, OSError, IndexError)
    assert "starts it again (2)" in said(home)
    holding(os.getpid(), [])
    os.kill(second, signal.SIGKILL)


def test_a_keeper_that_can_not_be_started_is_told_and_tried_again_later(home, holding, tmp_path):
    with subprocess.Popen(["true"]) as gone:
        gone.wait()
    holding(gone.pid, [str(tmp_path / "no-such-program")])

    def told():
        assert "the keeper can't be started: [Errno 2]" in said(home)

    eventually(told, 5, AssertionError, OSError)
    holding(os.getpid(), [])


def test_a_packet_that_makes_no_sense_is_passed_over(home, holding):
    with unixsocket.connect(home.holder_socket, socket.SOCK_SEQPACKET) as connection:
        connection.send(b"no json")
        assert connection.recv(100) == b""
    answer, _ = holding(os.getpid(), [])
    assert answer["count"] == 0
