"""Calls of the Linux kernel that Python 3.11 has no name for.

Numbers are those of <linux/sched.h>, <linux/prctl.h> and <sys/mount.h>; they are part of the kernel's stable interface.
"""

from __future__ import annotations

import ctypes
import errno
import os
import signal
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000

_MS_RDONLY = 1
_MS_REMOUNT = 0x20
_MS_BIND = 0x1000
_MS_REC = 0x4000
_MS_PRIVATE = 0x40000
_MS_SLAVE = 0x80000
_MOUNT_SETATTR = 442  # the same number on every architecture
_MOUNT_ATTR_RDONLY = 1
_AT_FDCWD = -100
_AT_RECURSIVE = 0x8000
_MS_HARDENED = 2 | 4 | 8  # nosuid, nodev, noexec: what a kernel demands of a proc in a user namespace
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def die_with_parent(number: int) -> None:
    """Have the kernel send us signal `number` when the thread that started us ends (PR_SET_PDEATHSIG(2const))."""
    _checked(_libc.prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0))


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends (PR_SET_CHILD_SUBREAPER(2const))."""
    _checked(_libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))


def unshare(flags: int) -> None:
    _checked(_libc.unshare(flags))


def keep_own_ids(uid: int, gid: int) -> None:
    """In a fresh user namespace: be who we were (user_namespaces(7))."""
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")


def own_proc() -> None:
    """Give this mount namespace a /proc that shows this process namespace; new mounts outside stay visible."""
    _propagate(_MS_SLAVE)
    _checked(_libc.mount(b"proc", b"/proc", b"proc", _MS_HARDENED, None))


def enter(namespace: int, flags: int) -> None:
    """setns(2), which Python knows from 3.12 on."""
    _checked(_libc.setns(namespace, flags))


def mount_privately() -> None:
    """What is mounted in this mount namespace from now on is seen nowhere else."""
    _propagate(_MS_PRIVATE)


def _propagate(how: int) -> None:
    """Of all that is mounted in this mount namespace, which is ours alone (mount(2), "Shared subtree")."""
    try:
        _checked(_libc.mount(b"none", b"/", None, _MS_REC | how, None))
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        _make_root_a_mount(how)


def _make_root_a_mount(how: int) -> None:
    """A root that chroot(2) made need be none, and then can't be named. From the root of the namespace, where setns(2)
    leads, it can; it is bound onto itself, and is our root again."""
    with ExitStack() as stack:
        root, namespace = (os.open(path, os.O_RDONLY | os.O_CLOEXEC) for path in ("/", "/proc/self/ns/mnt"))
        stack.callback(os.close, root)
        stack.callback(os.close, namespace)
        enter(namespace, CLONE_NEWNS)
        try:
            place = os.readlink(f"/proc/self/fd/{root}")  # noqa: PTH115 (as cheap as can be)
            _checked(_libc.mount(b"none", b"/", None, _MS_REC | how, None))
            bind(place, place)
            os.chroot(place)
        except BaseException:
            os.fchdir(root)
            os.chroot(".")
            raise
        finally:
            os.chdir("/")


def mount_empty(folder: str) -> None:
    _checked(_libc.mount(b"none", os.fsencode(folder), b"tmpfs", 0, b"mode=0755"))


def bind(source: str, folder: str) -> None:
    _checked(_libc.mount(os.fsencode(source), os.fsencode(folder), None, _MS_BIND | _MS_REC, None))


def make_read_only(folder: str) -> None:
    _checked(_libc.mount(b"none", os.fsencode(folder), None, _MS_REMOUNT | _MS_BIND | _MS_RDONLY, None))


def set_read_only(folder: str, *, on: bool) -> None:
    """All mounts below and at `folder` (mount_setattr(2), Linux 5.12), each of which knows it for itself alone."""
    flags = (_MOUNT_ATTR_RDONLY, 0) if on else (0, _MOUNT_ATTR_RDONLY)
    attributes = (ctypes.c_uint64 * 4)(*flags, 0, 0)
    arguments = (_AT_FDCWD, os.fsencode(folder), _AT_RECURSIVE, attributes, ctypes.c_size_t(ctypes.sizeof(attributes)))
    _checked(_libc.syscall(ctypes.c_long(_MOUNT_SETATTR), *arguments))


def children() -> list[int]:
    """Our children, zombies included."""
    try:
        return [int(pid) for pid in Path("/proc/thread-self/children").read_text().split()]
    except FileNotFoundError:  # a kernel without CONFIG_PROC_CHILDREN
        return [pid for pid in all_pids() if (place := place_of(pid)) and place.parent == os.getpid()]


class Place(NamedTuple):
    """Where a process stands (proc_pid_stat(5)). `born` is in clock ticks since boot."""

    parent: int
    session: int
    born: int


def all_pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdecimal()]  # noqa: PTH208 (a third of the cost)


def place_of(pid: int) -> Place | None:
    """None when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return None
    return Place(parent=int(fields[1]), session=int(fields[3]), born=int(fields[19]))


def born(pid: int) -> int:
    """When it was started, which tells it from another of that number; 0 when it is gone."""
    place = place_of(pid)
    return place.born if place else 0


def kill(pid: int) -> bool:
    """SIGKILL a child of ours; False when we may not (it changed its user)."""
    try:
        os.kill(pid, signal.SIGKILL)
    except PermissionError:
        return False
    return True
