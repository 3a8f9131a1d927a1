import asyncio

import pytest

from ecluse.wire import frames


def read(data, read_one=frames.read_message):
    async def story():
        reader = asyncio.StreamReader()
        reader.feed_data(data)
        reader.feed_eof()
        found = []
        while (one := await read_one(reader)) is not None:
            found.append(one)
        return found

    return asyncio.run(story())


def test_messages_come_back_as_they_were():
    sent = [{"order": "hello", "id": 1}, {"text": "é \ud800 \0"}, {}]
    assert read(b"".join(frames.message(one) for one in sent)) == sent


def test_plain_bytes_travel_too():
    assert read(frames.data(b"\0\xff"), frames.read_data) == [b"\0\xff"]


@pytest.mark.parametrize("cut", [1, 3, 4, 10])
def test_a_frame_that_is_cut_off_is_an_error(cut):
    with pytest.raises(frames.FrameError, match="ended inside"):
        read(frames.message({"some": "thing"})[:cut])


@pytest.mark.parametrize("payload", [b"{", b"\xff", b"[1]", b"null"])
def test_what_is_no_object_is_an_error(payload):
    with pytest.raises(frames.FrameError, match="no JSON"):
        read(frames.data(payload))


def test_nobody_can_announce_more_than_the_limit():
    with pytest.raises(frames.FrameError, match="at most"):
        read(b"\xff\xff\xff\xff")
    with pytest.raises(frames.FrameError, match="at most"):
        frames.data(bytes(frames.LIMIT + 1))
