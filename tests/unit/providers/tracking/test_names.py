"""A name server that is silent holds nobody up."""

import asyncio
import threading

import pytest

from ecluse.model.secret import Secret
from ecluse.providers.tracking.api import Api, Way
from ecluse.providers.tracking.names import await_answer
from ecluse.testing.clock import FakeClock


def test_a_silent_name_server_does_not_hold_up_the_end():
    silent = threading.Event()

    async def asked():
        way = Way(
            name="GitHub", url="https://tracker.example", headers={"Authorization": Secret("x")},
            token_name="T", project="/",
        )  # fmt: skip
        async with asyncio.timeout(0.02):
            await Api(way, FakeClock(), lambda *_: silent.wait()).ask("GET", "/", key="#1", to="read")

    with pytest.raises(TimeoutError):
        asyncio.run(asked())  # which waits for every thread but this one
    assert not silent.is_set()
    silent.set()


@pytest.mark.parametrize("error", [None, OSError("no such name"), UnicodeError("label too long")])
def test_an_answer_of_any_kind_is_one(error):
    def resolve(*_):
        if error:
            raise error

    asyncio.run(await_answer("tracker.example", 443, resolve))
