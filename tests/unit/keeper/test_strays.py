import asyncio
import os
import signal
import socket
import subprocess
import sys

import pytest

from ecluse.keeper import strays
from ecluse.keeper.places import Home
from ecluse.wire import page

SERVES = """
import os, signal, socket, sys, time
listener = socket.socket(fileno=int(sys.argv[1]))
signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
client, _ = listener.accept()
print("accepted", flush=True)
client.recv(1)
client.close()
time.sleep(60)
"""


@pytest.fixture
def home(tmp_path):
    made = Home(str(tmp_path))
    made.make()
    return made


@pytest.fixture
def begin(home):
    """Starts a program as a keeper of `home` does."""
    started = []

    def make(*words, slot="blue", **options):
        told = {**os.environ, "ECLUSE_STATE": home.state, "ECLUSE_SLOT": slot}
        started.append(subprocess.Popen(words, env=told, start_new_session=True, **options))
        return started[-1]

    yield make
    for one in started:
        one.kill()
        one.wait()
        if one.stdout:
            one.stdout.close()


def test_what_an_earlier_keeper_started_and_nobody_knows_is_ended(home, begin):
    known, stray = begin("sleep", "60"), begin("sleep", "60")
    with subprocess.Popen(["sleep", "60"]) as stranger:
        assert strays.end(home, [known.pid]) == [stray.pid]
        assert stray.wait(5) == -signal.SIGKILL
        assert (known.poll(), stranger.poll()) == (None, None)
        stranger.kill()


def test_what_belongs_to_another_environment_goes_on(home, begin, tmp_path):
    mine = begin("sleep", "60")
    assert strays.end(Home(str(tmp_path / "other")), []) == []
    assert mine.poll() is None


def serving(begin, listener):
    """A process of a slot that has accepted a connection, which it closes when its client has left."""
    words = [sys.executable, "-c", SERVES, str(listener.fileno())]
    web = begin(*words, pass_fds=[listener.fileno()], stdout=subprocess.PIPE)
    assert web.stdout.readline() == b"accepted\n"
    return web


def test_a_slot_without_a_record_is_seen_off_when_its_last_client_has_left(home, begin):
    page.create(home.page("blue"))
    other = begin("sleep", "60", slot="green")

    async def story(listener, client):
        leaving = asyncio.ensure_future(strays.see_off(home, "blue", listener.getsockname()[1]))
        await asyncio.sleep(0.3)
        assert (web.poll(), leaving.done()) == (None, False)
        client.close()
        await asyncio.wait_for(leaving, 5)

    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as client:
        web = serving(begin, listener)
        asyncio.run(story(listener, client))
    assert page.Page(home.page("blue")).phase == page.LAME
    assert web.wait(5) == 7
    assert other.poll() is None


def test_a_client_that_stays_is_not_waited_for_for_ever(home, begin):
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()):
        web = serving(begin, listener)
        asyncio.run(strays.see_off(home, "blue", listener.getsockname()[1], patience=0.2))
        assert web.wait(5) == 7
