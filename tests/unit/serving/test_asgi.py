import asyncio

import pytest

from ecluse.serving import asgi
from ecluse.wire import page

START = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]}
BODY = {"type": "http.response.body", "body": b"hello"}


async def hello(_, __, send):
    await send(START)
    await send(BODY)


def ask(app, client="127.0.0.1", kind="http"):
    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "http.request"}

    asyncio.run(app({"type": kind, "client": (client, 1)}, receive, send))
    return sent


def test_an_answer_passes_unchanged(mark, seen):
    assert ask(asgi.wrap(hello, mark)) == [START, BODY]
    assert seen.totals().fields["2xx"] == 1


def test_what_is_not_http_goes_straight_to_the_app(mark, seen):
    scopes = []

    async def app(scope, *_):
        scopes.append(scope["type"])

    ask(asgi.wrap(app, mark), kind="lifespan")
    assert (scopes, seen.totals().fields["requests"]) == (["lifespan"], 0)


def test_a_probe_is_not_counted(mark, seen):
    ask(asgi.wrap(hello, mark), client="127.0.0.3")
    assert seen.totals().fields["requests"] == 0


@pytest.mark.parametrize(
    ("client", "stamp", "seen"),
    [
        ("10.0.0.1", False, False),
        ("10.0.0.1", True, True),
        ("127.0.0.2", False, True),
        ("127.0.0.3", False, True),
    ],
)
def test_a_stamp_is_for_probes_or_for_everyone(mark, client, stamp, seen):
    start, _ = ask(asgi.wrap(hello, mark._replace(stamp=stamp)), client)
    assert ((b"x-release", b"1.2.3") in start["headers"]) is seen


@pytest.mark.parametrize("theirs", [None, [], [(b"connection", b"keep-alive")], [(b"Connection", b"close")]])
def test_while_lame_each_answer_closes_once(mark, seen, theirs):
    async def app(_, __, send):
        await send({"type": "http.response.start", "status": 200, **({} if theirs is None else {"headers": theirs})})

    seen.phase = page.LAME
    (start,) = ask(asgi.wrap(app, mark))
    assert start["headers"] == [(b"connection", b"close")]


def test_the_apps_own_message_is_never_changed(mark, seen):
    seen.phase = page.LAME
    ask(asgi.wrap(hello, mark))
    assert START["headers"] == [(b"content-type", b"text/plain")]


@pytest.mark.parametrize(("started", "status"), [(False, "5xx"), (True, "2xx")])
def test_an_app_that_raises_is_counted_by_what_the_client_saw(mark, seen, started, status):
    async def app(_, __, send):
        if started:
            await send(START)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        ask(asgi.wrap(app, mark))
    assert seen.totals().fields[status] == 1


def test_a_cancelled_request_has_no_status(mark, seen):
    async def app(*_):
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        ask(asgi.wrap(app, mark))
    fields = seen.totals().fields
    assert (fields["requests"], fields["5xx"], fields["unanswered"]) == (1, 0, 1)


class Peer:
    """The server's end of a WebSocket. `blocks`: like granian, it can't close while someone waits in receive()."""

    def __init__(self, *, blocks=False):
        self.sent = []
        self.messages = asyncio.Queue()
        self.messages.put_nowait({"type": "websocket.connect"})
        self.waiting = 0
        self.blocks = blocks

    async def receive(self):
        self.waiting += 1
        try:
            return await self.messages.get()
        finally:
            self.waiting -= 1

    async def send(self, message):
        assert not (self.blocks and self.waiting and message["type"] == "websocket.close"), "this would wait for ever"
        self.sent.append(message)


class Chat:
    """An app that answers each message and remembers how it ended."""

    def __init__(self):
        self.accepted = asyncio.Event()
        self.last = None

    async def __call__(self, _, receive, send):
        await receive()
        await send({"type": "websocket.accept"})
        self.accepted.set()
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"]})
        self.last = message
        await send({"type": "websocket.send", "text": "too late"})
        assert (await receive())["type"] == "websocket.disconnect"


SCOPE = {"type": "websocket", "client": ("127.0.0.2", 1)}


@pytest.mark.parametrize("blocks", [False, True])
def test_a_websocket_ends_with_service_restart_when_its_slot_is_lame(mark, seen, blocks):
    async def story():
        peer, chat = Peer(blocks=blocks), Chat()
        serving = asyncio.ensure_future(asgi.wrap(chat, mark)(SCOPE, peer.receive, peer.send))
        await chat.accepted.wait()
        peer.messages.put_nowait({"type": "websocket.receive", "text": "hi"})
        open_then = seen.totals().fields["websockets"]
        seen.phase = page.LAME
        await asyncio.wait_for(serving, 5)
        return peer.sent, chat.last, open_then

    sent, last, open_then = asyncio.run(story())
    assert sent == [
        {"type": "websocket.accept", "headers": [(b"x-release", b"1.2.3")]},
        {"type": "websocket.send", "text": "hi"},
        {"type": "websocket.close", "code": 1012, "reason": "service restart"},
    ]
    assert (last["type"], last["code"]) == ("websocket.disconnect", 1012)
    assert (open_then, seen.totals().fields["websockets"], seen.totals().fields["1xx"]) == (1, 0, 1)


def test_a_websocket_that_ends_by_itself_ends_as_the_app_says(mark, seen):
    async def app(_, receive, send):
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": 4000})

    async def story():
        peer = Peer()
        await asgi.wrap(app, mark)(SCOPE, peer.receive, peer.send)
        return peer.sent

    assert asyncio.run(story())[-1] == {"type": "websocket.close", "code": 4000}
    assert seen.totals().fields["websockets"] == 0


def test_a_refused_handshake_is_counted_as_refused(mark, seen):
    async def app(_, receive, send):
        await receive()
        await send({"type": "websocket.close"})

    async def story():
        peer = Peer()
        await asgi.wrap(app, mark)(SCOPE, peer.receive, peer.send)

    asyncio.run(story())
    assert seen.totals().fields["4xx"] == 1


def test_an_app_may_stop_waiting_for_a_message(mark):
    async def app(_, receive, send):
        await receive()
        await send({"type": "websocket.accept"})
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(receive(), 0.01)

    async def story():
        peer = Peer()
        await asgi.wrap(app, mark)(SCOPE, peer.receive, peer.send)

    asyncio.run(story())
