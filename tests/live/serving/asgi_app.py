"""What ASGI apps do, one path each."""

import asyncio
import sys

STARTED = []


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["type"] == "websocket":
        await echoing(receive, send)
    else:
        await PATHS.get(scope["path"], hello)(scope, receive, send)


async def refuses_to_start(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "the database is away"})


async def lifespan(receive, send):
    await receive()
    STARTED.append("once")
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def answer(send, body, status=200, headers=()):
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode()), *headers]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def hello(_, __, send):
    await answer(send, b"hello")


async def echo(_, receive, send):
    size, more = 0, True
    while more:
        message = await receive()
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    await answer(send, str(size).encode())


async def waits(_, receive, __):
    while (await receive()).get("more_body"):
        pass
    says_that_it_began()
    message = await receive()
    sys.stderr.write(f"then came {message['type']}\n")
    sys.stderr.flush()


async def started(_, __, send):
    await answer(send, str(len(STARTED)).encode())


def says_that_it_began():
    sys.stderr.write("a request began\n")
    sys.stderr.flush()


async def slow(_, __, send):
    says_that_it_began()
    await asyncio.sleep(1)
    await answer(send, b"slow")


async def hangs(*_):
    says_that_it_began()
    await asyncio.sleep(60)


async def fails(*_):
    raise RuntimeError("this path always fails")


async def opinionated(_, __, send):
    await answer(send, b"mine", headers=[(b"connection", b"keep-alive")])


async def events(_, __, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
    for number in range(3):
        await send({"type": "http.response.body", "body": b"data: %d\n\n" % number, "more_body": True})
        await asyncio.sleep(0.2)
    await send({"type": "http.response.body", "body": b""})


async def echoing(receive, send):
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message["text"]})
    sys.stderr.write(f"disconnected with {message.get('code')}\n")


PATHS = {"/" + act.__name__: act for act in (echo, waits, started, slow, hangs, fails, opinionated, events)}
