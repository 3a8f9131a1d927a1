"""The order server: a socket in the environment's folder that only its owner can reach."""

import asyncio
import contextlib
import errno
import socket
import sys
import traceback
from typing import Any, Callable, Dict, Optional, Set

from ecluse.keeper.orders import STREAMS, Json, Orders, Reply
from ecluse.wire import codes, frames

LEAVES_THE_PATH: Dict[str, Any] = {"cleanup_socket": False} if sys.version_info >= (3, 13) else {}
"""From 3.13 on asyncio looks up the socket's path, to remove it at the end. Ours was bound through a descriptor of its
folder that an exec closed, and removing it is for `shut` alone."""


class Server:
    """Several requests of a connection may be under way at once; answers carry the request's id."""

    def __init__(self, orders: Orders, say: Callable[[str], None]) -> None:
        self._orders, self._say = orders, say
        self._under_way: Set["asyncio.Task[None]"] = set()

    async def serve(self, listener: socket.socket) -> asyncio.AbstractServer:
        listener.setblocking(False)
        return await asyncio.start_unix_server(self._connection, sock=listener, **LEAVES_THE_PATH)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        streams: Set["asyncio.Task[None]"] = set()
        try:
            while True:
                request = await frames.read_message(reader)
                if request is None:
                    break
                await self._begin(request, reader, writer, streams)
        except (frames.FrameError, OSError) as error:
            self._say("a connection ended: %s" % error)
        finally:
            for task in streams:
                task.cancel()
            writer.close()

    async def _begin(
        self,
        request: Json,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        streams: Set["asyncio.Task[None]"],
    ) -> None:
        """A task for each request; pieces of files are kept in their order."""
        name = request.get("order")
        if name == "put":
            request.setdefault("args", {})["data"] = await frames.read_data(reader) or b""
        task = asyncio.get_running_loop().create_task(self._answer(request, writer))
        kept = streams if name in STREAMS else self._under_way
        kept.add(task)
        task.add_done_callback(kept.discard)
        if name == "put":
            await task

    async def _answer(self, request: Json, writer: asyncio.StreamWriter) -> None:
        answer = await self._obey(request, _reply(request.get("id"), writer))
        with contextlib.suppress(OSError):
            writer.write(frames.message({"id": request.get("id"), **answer}))
            await writer.drain()

    async def _obey(self, request: Json, reply: Reply) -> Json:
        if request.get("v") != codes.PROTOCOL:
            return _failed(codes.BAD_ORDER, "this keeper speaks protocol %d" % codes.PROTOCOL)
        try:
            name, args = str(request.get("order")), request.get("args") or {}
            return {"ok": True, "result": await self._orders.obey(name, request.get("grant"), args, reply)}
        except codes.OrderError as error:
            return _failed(error.code, error.message, error.evidence)
        except KeyError as error:
            return _failed(codes.BAD_ORDER, "the order lacks %s" % error)
        except OSError as error:
            code = codes.DISK_FULL if error.errno == errno.ENOSPC else codes.INTERNAL
            return _failed(code, str(error))
        except Exception as error:  # noqa: BLE001 an error of ours must be answered, and must not end the keeper
            self._say("order %s failed:\n%s" % (request.get("order"), traceback.format_exc()))
            return _failed(codes.INTERNAL, "%s: %s" % (type(error).__name__, error))


def _failed(code: str, message: str, evidence: Optional[Dict[str, Any]] = None) -> Json:
    return {"ok": False, "code": code, "message": message, "evidence": evidence or {}}


def _reply(number: Any, writer: asyncio.StreamWriter) -> Reply:
    loop = asyncio.get_running_loop()

    def send(content: Json) -> None:
        with contextlib.suppress(OSError):
            writer.write(frames.message({"id": number, **content}))

    async def item(content: Json) -> None:
        send({"item": content})
        await writer.drain()

    def say(text: str) -> None:
        loop.call_soon_threadsafe(send, {"say": text})

    return Reply(say, item)
