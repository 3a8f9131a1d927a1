"""What is done where the balancer runs, by the Python there: this file is sent whole. Standard library, Python 3.9.

Called as `ask SOCKET`, `read FILE` or `change FILE COMMAND…`; prints one line of JSON. `errno` in it means that the
system said no, `failed` that the command did; then nothing was changed.
"""

import contextlib
import fcntl
import glob
import json
import os
import socket
import subprocess
import sys
import time
from typing import Any, Dict, Iterator, List

PATIENCE = 10.0
RELOAD = 30.0
TOOK = 5.0
"""Seconds for nginx to have begun with the new file once its command has returned."""
WORKER, ENDING = "nginx: worker process", "nginx: worker process is shutting down"
Json = Dict[str, Any]


def ask(where: str, text: str) -> Json:
    """One command line to HAProxy's runtime API, which answers and hangs up."""
    with _connected(where) as talk:
        talk.sendall(text.encode() + b"\n")
        pieces: List[bytes] = []
        while True:
            piece = talk.recv(1 << 16)
            if not piece:
                return {"answer": b"".join(pieces).decode(errors="replace")}
            pieces.append(piece)


def _connected(where: str) -> socket.socket:
    if not where.startswith("/"):
        host, _, port = where.rpartition(":")
        return socket.create_connection((host.strip("[]"), int(port)), PATIENCE)
    talk = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    talk.settimeout(PATIENCE)
    talk.connect(where)
    return talk


def read(path: str) -> Json:
    with open(path, encoding="utf-8") as file:
        return {"text": file.read(), "ending": _ending()}


def change(path: str, command: List[str], before: str, after: str) -> Json:
    """Write the file and run the command; the file is put back where that fails. `raced`: it isn't what it was."""
    with _alone(os.path.dirname(path)):
        with open(path, encoding="utf-8") as file:
            if file.read() != before:
                return {"raced": True}
        workers = _workers()
        _write(path, after)
        ran = _run(command)
        if ran.returncode:
            _write(path, before)
            return {"failed": ran.stdout, "code": ran.returncode}
        _await_others(workers)
        return {"ending": _ending()}


@contextlib.contextmanager
def _alone(folder: str) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _run(command: List[str]) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            universal_newlines=True,
            timeout=RELOAD,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, -1, "it did not end within %d s" % RELOAD)
    except OSError as error:
        return subprocess.CompletedProcess(command, 127, "%s: %s" % (command[0], error.strerror))


def _write(path: str, text: str) -> None:
    """Whole or not at all, with the mode and, where we may, the owner that it had."""
    kept, beside = os.stat(path), "%s.%d" % (path, os.getpid())
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, kept.st_mode & 0o777)
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        os.chmod(beside, kept.st_mode & 0o777)
        with contextlib.suppress(OSError):
            os.chown(beside, kept.st_uid, kept.st_gid)
        os.rename(beside, path)
    except BaseException:
        os.unlink(beside)
        raise


def _await_others(before: Dict[int, str]) -> None:
    """Until the workers of some nginx have been told to end: from then on only new ones, which have read the new file,
    accept. Where none can be seen (another container, hidepid), there is nothing to wait for."""
    until = time.monotonic() + TOOK
    while before and time.monotonic() < until:
        now = _workers()
        if any(now.get(pid) != title for pid, title in before.items() if title != ENDING):
            return
        time.sleep(0.02)


def _ending() -> int:
    """How many workers still answer what they had begun under an older file."""
    return sum(title == ENDING for title in _workers().values())


def _workers() -> Dict[int, str]:
    found = {}
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        with contextlib.suppress(OSError), open(path, "rb") as file:
            title = file.read().rstrip(b"\0 ").decode(errors="replace")
            if title in (WORKER, ENDING):
                found[int(path.split("/")[2])] = title
    return found


def main(words: List[str]) -> Json:
    try:
        if words[0] == "ask":
            return ask(words[1], sys.stdin.read())
        if words[0] == "read":
            return read(words[1])
        given = json.load(sys.stdin)
        return change(words[1], words[2:], given["before"], given["after"])
    except OSError as error:
        return {"errno": error.errno or 0, "why": error.strerror or str(error) or "no answer in time"}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1:])))
