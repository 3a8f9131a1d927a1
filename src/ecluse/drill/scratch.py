"""A folder in which a rehearsal lives, with all that it starts. It is gone afterwards, whatever happened."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ecluse.drill.observer import end_all

PREFIX = "ecluse-drill-"
LOCK = "lock"
ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def scratch() -> Iterator[Path]:
    """What an earlier rehearsal left, that was killed, is removed first. A signal to end is a Ctrl-C here."""
    sweep()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX)).resolve()
    lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
    fcntl.flock(lock, fcntl.LOCK_EX)
    before = {number: signal.signal(number, signal.default_int_handler) for number in ENDS}
    try:
        yield folder
    finally:
        for number in ENDS:  # nobody gets impatient with the clearing: it takes a second or two
            signal.signal(number, signal.SIG_IGN)
        clear(folder)
        os.close(lock)
        for number, handler in before.items():
            signal.signal(number, handler)


def sweep() -> None:
    """Ours alone, and only those whose rehearsal is over: nobody holds the lock."""
    for folder in Path(tempfile.gettempdir()).resolve().glob(f"{PREFIX}*"):
        with suppress(OSError):
            if folder.stat().st_uid == os.getuid() and _is_forsaken(folder):
                clear(folder)


def clear(folder: Path) -> None:
    """End what runs there, and remove it, with the secrets that its keepers kept in memory."""
    end_all(folder)
    for kept in _kept_in_memory(folder):
        shutil.rmtree(kept, ignore_errors=True)
    for disk in folder.iterdir():
        if disk.is_mount():
            subprocess.run(["umount", "--lazy", str(disk)], check=False, capture_output=True)
    for inside, _, _ in os.walk(folder):
        with suppress(OSError):
            Path(inside).chmod(0o700)  # releases are read-only
    shutil.rmtree(folder, ignore_errors=True)


def small_disk(folder: Path, size: str) -> str:
    """Mount a file system of that size at `folder`. Why it can't be done, else empty."""
    folder.mkdir()
    options = f"size={size},mode=700"
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(mount, check=False, capture_output=True, text=True)
    except OSError as error:
        return str(error)
    return "" if mounted.returncode == 0 else mounted.stderr.partition("\n")[0] or "`mount` failed"


def fill(folder: Path) -> Path:
    """Until not a byte is free. Returns the file to remove again."""
    filling = folder / "filling"
    for piece in (1024 * 1024, 512):
        with suppress(OSError), filling.open("ab", buffering=0) as file:
            while True:
                file.write(bytes(piece))
    return filling


def _kept_in_memory(folder: Path) -> Iterator[Path]:
    """An environment has a link `secrets` to the file in the folder that its keeper made in memory, and named after the
    environment's own. A keeper that was killed had no time to remove that."""
    for inside, _, files in os.walk(folder):
        link = Path(inside, "secrets")
        if "secrets" in files and link.is_symlink():
            kept = link.readlink()
            own = hashlib.sha256(inside.encode()).hexdigest()[:16]
            if kept.name == link.name and kept.parent.name == f"ecluse-{os.geteuid()}-{own}":
                yield kept.parent


def _is_forsaken(folder: Path) -> bool:
    lock = os.open(folder / LOCK, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    return True
