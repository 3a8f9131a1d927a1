"""Standard input and output as a connection to a keeper: how one is spoken to over SSH, with no port open.

First a frame that says what is here, then the keeper's own frames, both ways, until one side ends. It is run for each
connection, so it imports little.
"""

import contextlib
import json
import os
import platform
import select
import socket
import subprocess
import sys
import time
from typing import Any, Dict, List, Optional

from ecluse.keeper import program, unixsocket
from ecluse.keeper.places import Home
from ecluse.wire.archive import edition
from ecluse.wire.codes import PROTOCOL

STARTS = ("never", "left", "anyway")
"""When a keeper is started that isn't there: `left` only if one was there and never shut."""
PATIENCE = 30.0
PIECE = 1 << 16


def main(words: List[str]) -> int:
    """Arguments: the environment's folder, and one of STARTS."""
    home, start = Home(words[0]), words[1]
    trouble, keeper = "", _connected(home)
    if keeper is None and (start == "anyway" or (start == "left" and os.path.exists(home.identity))):
        trouble = _start(home)
        keeper = _connected(home)
    _greet(home, keeper is not None, trouble)
    if keeper is not None:
        _pass_on(keeper)
    return 0


def _connected(home: Home) -> Optional[socket.socket]:
    with contextlib.suppress(OSError):
        return unixsocket.connect(home.socket)
    return None


def _start(home: Home) -> str:
    """Why it can't be started, or nothing. It keeps none of our descriptors: SSH would wait for their end."""
    try:
        ran = subprocess.run(
            program.command("run", "--daemon", "--home", home.path),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=PATIENCE,
            start_new_session=True,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "it was not ready after %d s" % PATIENCE
    return ran.stderr.decode("utf-8", "replace").strip() if ran.returncode else ""


def _greet(home: Home, has_keeper: bool, trouble: str) -> None:
    about: Dict[str, Any] = {
        "talk": PROTOCOL,
        "program": program.version(),
        "edition": edition(),
        "keeper": has_keeper,
        "trouble": trouble,
        "home": home.path,
        "machine": platform.machine(),
        "python": platform.python_version(),
        "clock": time.time(),
    }
    payload = json.dumps(about).encode("utf-8")
    _write(len(payload).to_bytes(4, "big") + payload)


def _pass_on(keeper: socket.socket) -> None:
    """Until one side ends. What we were sent last still reaches the keeper."""
    while True:
        ready, _, _ = select.select([sys.stdin.fileno(), keeper], (), ())
        if keeper in ready:
            data = keeper.recv(PIECE)
            if not data:
                return
            _write(data)
        if sys.stdin.fileno() in ready:
            data = os.read(sys.stdin.fileno(), PIECE)
            if not data:
                return
            keeper.sendall(data)


def _write(data: bytes) -> None:
    while data:
        data = data[os.write(sys.stdout.fileno(), data) :]
