import asyncio
import socket

import pytest

from ecluse.system import frames
from ecluse.system.channel import Channel


@pytest.fixture
def ends():
    ours, theirs = socket.socketpair()
    channel = Channel(ours)
    yield channel, theirs
    channel.close()
    theirs.close()


async def heard_by(channel, theirs, *words):
    """What arrives of words that are sent one after the other has come."""
    found = []
    come = asyncio.Event()
    channel.listen(lambda: (found.append(channel.receive()), come.set()))
    for word in words:
        come.clear()
        frames.send(theirs, word)
        await asyncio.wait_for(come.wait(), 10)
    channel.rest()
    return found


def test_each_word_is_heard_in_one_loop_after_the_other(ends):
    for words in (["a", "b"], ["c"]):
        assert asyncio.run(heard_by(*ends, *words)) == words


def test_the_end_of_one_that_rests_is_heard_once(ends, monkeypatch):
    """It stays readable: whoever went on listening would do nothing else."""
    channel, theirs = ends
    woken = []
    deafen = channel._be_deaf
    monkeypatch.setattr(channel, "_be_deaf", lambda: (woken.append(True), deafen()))

    async def ends_at_rest():
        await heard_by(channel, theirs, "a")
        theirs.close()
        await asyncio.sleep(0.05)

    asyncio.run(ends_at_rest())
    assert woken == [True]
    with pytest.raises(OSError, match="Broken pipe"):
        channel.send("b")
    with pytest.raises(EOFError):
        channel.receive()


def test_one_that_is_closed_in_its_loop_leaves_its_number_to_others(ends):
    async def close_and_listen_again():
        channel, theirs = ends
        await heard_by(channel, theirs, "a")
        channel.close()
        ours, theirs = socket.socketpair()
        with theirs:
            another = Channel(ours)
            assert await heard_by(another, theirs, "b") == ["b"]
            another.close()

    asyncio.run(close_and_listen_again())
