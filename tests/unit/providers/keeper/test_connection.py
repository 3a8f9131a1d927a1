import asyncio
import contextlib
import os
import socket

import pytest

from ecluse.providers.keeper.connection import LostError, deadline_of
from ecluse.providers.process.socket import connect
from ecluse.wire import frames
from ecluse.wire.codes import PROTOCOL, OrderError

pytestmark = pytest.mark.looped


class Keeper:
    """Speaks as a keeper does; `answer` makes of each request what is sent back, None hangs up."""

    def __init__(self, answer):
        self.answer = answer
        self.requests = []
        self.under_way = []

    async def __call__(self, reader, writer):
        self.under_way.append(asyncio.current_task())
        while (request := await frames.read_message(reader)) is not None:
            self.requests.append(request)
            for answer in self.answer(request):
                if answer is None:
                    break
                writer.write(frames.message({"id": request["id"], **answer}))
            else:
                continue
            break
        writer.close()


@pytest.fixture
def listening(tmp_path):
    """An async context: a keeper at a path that is longer than a socket's name may be."""
    folder = tmp_path / ("d" * 100)
    folder.mkdir()

    @contextlib.asynccontextmanager
    async def listen(answer):
        keeper = Keeper(answer)
        here = os.open(folder, os.O_RDONLY)
        try:
            server = await asyncio.start_unix_server(keeper, f"/proc/self/fd/{here}/keeper.sock")
        finally:
            os.close(here)
        async with server:
            yield keeper, folder / "keeper.sock"
        await asyncio.gather(*keeper.under_way)

    return listen


async def test_an_order_brings_its_result(listening):
    async with listening(lambda request: [{"ok": True, "result": {"n": request["args"]["n"] + 1}}]) as (keeper, path):
        connection = await connect(path)
        assert await connection.order("count", {"n": 1}, grant={"generation": 3}) == {"n": 2}
        await connection.close()
    assert keeper.requests == [{"v": PROTOCOL, "id": 1, "order": "count", "grant": {"generation": 3}, "args": {"n": 1}}]


async def test_progress_is_told_before_the_result(listening):
    async with listening(lambda _: [{"say": "one"}, {"say": "two"}, {"ok": True, "result": {}}]) as (_, path):
        said = []
        connection = await connect(path)
        await connection.order("stage", say=said.append)
        await connection.close()
    assert said == ["one", "two"]


async def test_a_refusal_is_an_error_with_its_evidence(listening):
    refused = {"ok": False, "code": "K010", "message": "held", "evidence": {"by": "anne"}}
    async with listening(lambda _: [refused]) as (_, path):
        connection = await connect(path)
        with pytest.raises(OrderError) as error:
            await connection.order("take")
        await connection.close()
    assert (error.value.code, error.value.evidence) == ("K010", {"by": "anne"})


async def test_several_orders_at_once_get_their_own_answers(listening):
    async with listening(lambda request: [{"ok": True, "result": {"name": request["order"]}}]) as (_, path):
        connection = await connect(path)
        answers = await asyncio.gather(*(connection.order(f"order-{n}") for n in range(20)))
        await connection.close()
    assert [answer["name"] for answer in answers] == [f"order-{n}" for n in range(20)]


async def test_items_come_until_the_answer(listening):
    async with listening(lambda _: [{"item": {"n": 1}}, {"item": {"n": 2}}, {"ok": True, "result": {}}]) as (_, path):
        connection = await connect(path)
        assert [item["n"] async for item in connection.items("logs", {})] == [1, 2]
        await connection.close()


async def test_a_keeper_that_hangs_up_is_lost_to_everybody_who_waits(listening):
    async with listening(lambda request: [None] if request["order"] == "die" else []) as (_, path):
        connection = await connect(path)
        waiting = asyncio.create_task(connection.order("wait"))
        await asyncio.sleep(0)
        for call in (connection.order("die"), waiting):
            with pytest.raises(LostError):
                await call
        with pytest.raises(LostError):
            await connection.order("more")
        assert not connection.is_open
        await connection.close()


async def test_a_stream_that_is_cut_is_lost(listening):
    async with listening(lambda _: [{"item": {"n": 1}}, None]) as (_, path):
        connection = await connect(path)
        with pytest.raises(LostError):
            assert [item async for item in connection.items("logs", {})]
        await connection.close()


SHORT = 0.1


@pytest.mark.parametrize(
    ("name", "args", "seconds"),
    [
        ("observe", {}, 2.5),
        ("take", {"seconds": 30}, 2.5),
        ("ask", {"seconds": 5}, 7.5),
        ("renew", {"seconds": 30}, 3.75),
        ("stage", {}, None),
        ("route", {}, None),
    ],
)
def test_each_order_has_the_time_that_fits_it(name, args, seconds):
    assert deadline_of(name, args) == seconds


@pytest.mark.parametrize("name", ["observe", "stage", "route"])
async def test_a_keeper_that_is_silent_is_lost_and_found_again_when_it_goes_on(listening, name):
    silent = True
    async with listening(lambda _: [] if silent else [{"ok": True, "result": {}}]) as (keeper, path):
        connection = await connect(path, SHORT)
        with pytest.raises(LostError, match=r"no answer to `(observe|hello)` within"):
            await connection.order(name, {"running": "x" * 1_000_000})
        silent = False
        assert connection.is_open
        assert await connection.order(name) == {}
        await connection.close()
    assert keeper.requests[0]["order"] == name


@pytest.mark.once
async def test_a_keeper_that_was_silent_gets_less_time_until_it_speaks(listening):
    silent = True
    async with listening(lambda _: [] if silent else [{"ok": True, "result": {}}]) as (_, path):
        connection = await connect(path, 0.5)
        for within in (r"0\.5 s", r"0\.1 s"):
            with pytest.raises(LostError, match=within):
                await connection.order("observe")
        silent = False
        await connection.order("observe")
        silent = True
        with pytest.raises(LostError, match=r"0\.5 s"):
            await connection.order("observe")
        await connection.close()


async def test_an_order_may_take_its_time_while_the_keeper_shows_that_it_lives(listening):
    asked = []

    def answer(request):
        if request["order"] == "hello":
            asked.append(request)
            return [{"ok": True, "result": {}}, *([{"id": 1, "ok": True, "result": {"n": 1}}] * (len(asked) == 3))]
        return []

    async with listening(answer) as (_, path):
        connection = await connect(path, SHORT)
        assert await connection.order("stop") == {"n": 1}
        await connection.close()
    assert len(asked) == 3


async def test_a_keeper_that_reads_nothing_holds_nobody_up(tmp_path):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "keeper.sock"))
        listener.listen()
        connection = await connect(tmp_path / "keeper.sock", SHORT)
        async with asyncio.timeout(2):
            with pytest.raises(LostError):
                await connection.order("link", {"files": "x" * 5_000_000})
            await connection.close()


@pytest.mark.parametrize("name", ["nobody.sock", "no-folder/keeper.sock"])
async def test_nobody_there_is_lost(tmp_path, name):
    with pytest.raises(LostError):
        await connect(tmp_path / name)
