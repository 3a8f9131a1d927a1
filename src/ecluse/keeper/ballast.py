"""Space that is kept for a full disk: going back and stopping must be possible when nothing else can be written."""

import contextlib
import os

SIZE = 512 * 1024
PLENTY = 64 * 1024 * 1024
"""Bytes that must be free before ballast is taken: it must not be what fills the disk."""
_NAME = "ballast"


def load(folder: str) -> None:
    """Have it in `folder`, if there is space enough for everybody. Already there: nothing to do."""
    path = os.path.join(folder, _NAME)
    if os.path.exists(path):
        return
    with contextlib.suppress(OSError):
        space = os.statvfs(folder)
        if space.f_bavail * space.f_frsize < PLENTY:
            return
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, SIZE)
        finally:
            os.close(descriptor)


def drop(folder: str) -> bool:
    """Give the space up; whether there was any."""
    try:
        os.unlink(os.path.join(folder, _NAME))
    except OSError:
        return False
    return True
