"""A command of a person's in a release, with the streams and the terminal that this program was started with: it asks
the keeper what to become, and becomes that."""

import os
import signal
import socket
import sys
from typing import Any, Dict, List

from ecluse.keeper import unixsocket
from ecluse.keeper.places import Home
from ecluse.wire import frames
from ecluse.wire.codes import PROTOCOL

CANNOT_START = 126
"""As a shell says it of a program that it can't run (sh(1))."""
PATIENCE = 10.0
OURS = ("TERM", "COLORTERM")
"""Of the terminal's, not of the release's."""


def main(words: List[str]) -> int:
    """Arguments: the environment's folder, and the ticket. Returns only when it can't be run."""
    home, ticket = Home(words[0]), words[1]
    try:
        found = _claimed(home, ticket)
        _become(found)
    except (OSError, frames.FrameError) as error:
        sys.stderr.write("can't be run: %s\n" % (getattr(error, "strerror", None) or error))
    return CANNOT_START


def _become(found: Dict[str, Any]) -> None:
    """What Python ignores would be inherited."""
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    os.chdir(found["folder"])
    terminal = {name: os.environ[name] for name in OURS if name in os.environ}
    os.execvpe(found["words"][0], found["words"], {**terminal, **found["environment"]})  # noqa: S606


def _claimed(home: Home, ticket: str) -> Dict[str, Any]:
    with unixsocket.connect(home.socket) as keeper:
        keeper.settimeout(PATIENCE)
        args = {"ticket": ticket, "pid": os.getpid()}
        keeper.sendall(frames.message({"v": PROTOCOL, "id": 1, "order": "claim", "grant": None, "args": args}))
        length = int.from_bytes(_exactly(keeper, 4), "big")
        answer = frames.parse(_exactly(keeper, length))
    if not answer.get("ok"):
        raise OSError(answer.get("message") or "the keeper refused")
    result: Dict[str, Any] = answer["result"]
    return result


def _exactly(keeper: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        piece = keeper.recv(count - len(data))
        if not piece:
            raise frames.FrameError("the keeper ended")
        data += piece
    return data
