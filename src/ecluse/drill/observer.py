"""What is so, seen from outside: which release answers, which processes exist. No journal and no ledger is believed."""

from __future__ import annotations

import os
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

STATE = 0
"""Place of a process's state behind its name (proc_pid_stat(5), field 3)."""
DEAD, STOPPED = "ZX", "T"
ROUNDS = 5
"""A keeper's holder starts another keeper: after both were ended together nobody is left who would."""


def release_at(url: str) -> str:
    """The release that a new connection gets, by its answer's `X-Release`; empty when nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 an address on this machine
            return str(answer.headers.get("X-Release", ""))
    except urllib.error.HTTPError as error:
        with error:
            return str(error.headers.get("X-Release", ""))
    except OSError:
        return ""


def processes_of(folder: Path) -> list[int]:
    """Everything that runs from, in, or for `folder`, except ourselves."""
    pids = (int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit())
    return [pid for pid in pids if pid != os.getpid() and _belongs(pid, folder)]


def state_of(pid: int) -> str:
    """One letter; empty when there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[STATE]
    except OSError:
        return ""


def words_of(pid: int) -> str:
    """The command line of a process, for people."""
    with suppress(OSError):
        return f"{pid}: " + os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")).strip()
    return f"{pid}: gone"


def is_alive(pid: int) -> bool:
    return state_of(pid) not in {"", *DEAD}


def send(pid: int, number: signal.Signals, folder: Path) -> None:
    """A signal to a process of `folder`; to no other one, even if it has got the number since."""
    with suppress(ProcessLookupError):
        process = os.pidfd_open(pid)
        try:
            if _belongs(pid, folder):
                signal.pidfd_send_signal(process, number)
        finally:
            os.close(process)


def end_all(folder: Path) -> None:
    """SIGKILL to all of them, until none is left."""
    for _ in range(ROUNDS):
        found = processes_of(folder)
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in found:
                send(pid, number, folder)
        if happens(lambda: not processes_of(folder), 2.0):
            return


def happens(what: Callable[[], bool], within: float, every: float = 0.05) -> bool:
    """Whether it comes to pass in so many seconds."""
    deadline = time.monotonic() + within
    while not what():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True


def _belongs(pid: int, folder: Path) -> bool:
    """By what it was started with, or where it is; a zombie is nowhere."""
    at, name = Path(f"/proc/{pid}"), os.fsencode(folder)
    try:
        told = [*(at / "cmdline").read_bytes().split(b"\0"), *(at / "environ").read_bytes().split(b"\0")]
        return is_alive(pid) and (_is_below(os.fsencode((at / "cwd").readlink()), name) or any(_told(told, name)))
    except OSError:
        return False


def _told(words: list[bytes], folder: bytes) -> list[bool]:
    """An argument, or a variable that only our processes have: TMPDIR alone would make every child of a test ours."""
    return [_is_below(word.removeprefix(b"ECLUSE_STATE="), folder) for word in words]


def _is_below(path: bytes, folder: bytes) -> bool:
    return path == folder or path.startswith(folder + b"/")
