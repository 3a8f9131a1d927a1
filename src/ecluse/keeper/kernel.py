"""Calls of Linux that Python doesn't have."""

import ctypes
import os

PIDFD_GETFD = 438
"""The same number on every architecture that Debian builds for (pidfd_getfd(2))."""
PUNCH_HOLE_KEEP_SIZE = 0x02 | 0x01
"""FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE (fallocate(2))."""
SET_CHILD_SUBREAPER = 36
"""PR_SET_CHILD_SUBREAPER (prctl(2))."""

_libc = ctypes.CDLL(None, use_errno=True)


def _failed(what: str) -> OSError:
    number = ctypes.get_errno()
    return OSError(number, "%s: %s" % (what, os.strerror(number)))


def take_descriptor(pid: int, descriptor: int) -> int:
    """A copy of another process's descriptor. PermissionError without the right to ptrace(2) it."""
    pidfd = os.pidfd_open(pid)
    try:
        copy = int(_libc.syscall(PIDFD_GETFD, pidfd, descriptor, 0))
    finally:
        os.close(pidfd)
    if copy < 0:
        raise _failed("pidfd_getfd")
    return copy


def punch_hole(descriptor: int, start: int, length: int) -> None:
    """Give the blocks of a part of a file back; its size stays, the part reads as zeros."""
    done = _libc.fallocate(
        ctypes.c_int(descriptor), ctypes.c_int(PUNCH_HOLE_KEEP_SIZE), ctypes.c_int64(start), ctypes.c_int64(length)
    )
    if done != 0:
        raise _failed("fallocate")


def become_subreaper() -> None:
    """Orphans among our descendants become our children, so that none gets lost (prctl(2))."""
    if _libc.prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise _failed("prctl")
