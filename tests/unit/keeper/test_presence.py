import os
import shutil
import socket
import threading

import pytest

from ecluse.keeper import presence, records, unixsocket
from ecluse.keeper.places import Home


@pytest.fixture
def home(tmp_path):
    made = Home(str(tmp_path / "home"))
    made.make()
    return made


@pytest.fixture
def present(home):
    made = presence.Presence(home, {"pid": 1}, presence.take_lock(home))
    yield made
    made.listener.close()
    os.close(made.lock)


def reaches(home, listener):
    with unixsocket.connect(home.socket):
        listener.settimeout(5)
        listener.accept()[0].close()


def test_a_keeper_that_is_there_and_answers_is_left_alone(home, present):
    assert presence.lock_or_neighbour(home) is None


def test_a_keeper_that_neither_answers_nor_ends_is_named(home, present):
    present.listener.close()
    with pytest.raises(TimeoutError, match=r"another keeper of .*home is there \(pid 1\) and doesn't answer"):
        presence.lock_or_neighbour(home, patience=0.05)


def test_the_place_of_a_keeper_that_is_just_ending_is_taken(home):
    ending = presence.take_lock(home)
    timer = threading.Timer(0.1, os.close, [ending])
    timer.start()
    lock = presence.lock_or_neighbour(home)
    assert lock is not None
    os.close(lock)
    timer.join()


def test_a_new_keeper_says_who_it_is(home, present):
    assert present.is_found
    assert records.read(home.identity) == {"pid": 1}
    reaches(home, present.listener)


@pytest.mark.parametrize("removed", ["the socket", "the lock", "the folder"])
def test_what_was_removed_is_made_anew(home, present, removed):
    if removed == "the folder":
        shutil.rmtree(home.path)
    else:
        os.unlink(home.lock if removed == "the lock" else home.socket)
    assert not present.is_found
    present.listener.close()
    assert present.restore()
    assert present.is_found
    assert records.read(home.identity) == {"pid": 1}
    assert presence.take_lock(home) is None
    reaches(home, present.listener)


def test_another_keeper_that_has_our_place_by_now_keeps_it(home, present):
    os.unlink(home.lock)
    other = presence.take_lock(home)
    assert not present.is_found
    assert not present.restore()
    os.close(other)


def test_nothing_leads_to_a_keeper_that_has_left(home, present):
    present.remove()
    assert (os.path.exists(home.socket), os.path.exists(home.identity)) == (False, False)
    with pytest.raises(FileNotFoundError):
        unixsocket.connect(home.socket)


def test_a_place_that_is_taken_by_a_folder_is_an_error(home):
    os.mkdir(home.socket)
    with pytest.raises(OSError):
        unixsocket.bind(home.socket, socket.SOCK_STREAM)
