"""Under whom a service runs: ourselves, or an ordinary account of its own when we are root, which many refuse."""

import contextlib
import ctypes
import hashlib
import os
import pwd
import stat
from typing import Iterator, List, NamedTuple, Optional

FIRST, COUNT = 61184, 4096
"""User ids that are meant for services without an entry in the list of users (systemd.exec(5), DynamicUser)."""
NAMED = "nobody"
"""Who prepares the data: `initdb` asks for its user's name. What it made is given to the account afterwards."""
SHOWN = "/mnt"
DATA_SHOWN = "/media"
"""Folders that every system has (hier(7)), and that no database looks into."""
NEW_USER_NAMESPACE = 0x10000000
"""CLONE_NEWUSER (unshare(2))."""
NEW_NAMESPACE, BIND, PRIVATE = 0x20000, 4096, 0x40000 | 0x4000
"""CLONE_NEWNS (unshare(2)), MS_BIND, MS_PRIVATE with MS_REC (mount(2))."""

_libc = ctypes.CDLL(None, use_errno=True)


class Account(NamedTuple):
    number: int
    named: int
    """Who prepares."""


def choose(folder: str) -> Optional[Account]:
    """The account for the service in `folder`, always the same one; None to run as we are.

    A root of a container that has no other account becomes `nobody` in a user namespace of this process: to the system
    it is who it was, and owns the data as before.
    """
    if os.geteuid() != 0:
        return None
    if not _has_accounts():
        _be_nobody()
        return None
    start = int(hashlib.sha256(folder.encode()).hexdigest(), 16) % COUNT
    numbers = (FIRST + (start + step) % COUNT for step in range(COUNT))
    return Account(next(number for number in numbers if not _is_known(number)), pwd.getpwnam(NAMED).pw_uid)


def _has_accounts() -> bool:
    """Whether the ids of our range are mapped here (user_namespaces(7))."""
    with open("/proc/self/uid_map", encoding="ascii") as file:
        ranges = [[int(word) for word in line.split()] for line in file]
    return any(inside <= FIRST and inside + count >= FIRST + COUNT for inside, _, count in ranges)


def _be_nobody() -> None:
    number = pwd.getpwnam(NAMED).pw_uid
    _checked(_libc.unshare(NEW_USER_NAMESPACE), "a user namespace of our own")
    for name, text in (("setgroups", "deny"), ("uid_map", "%d 0 1" % number), ("gid_map", "%d 0 1" % number)):
        with open("/proc/self/" + name, "w", encoding="ascii") as file:
            file.write(text)


def _is_known(number: int) -> bool:
    try:
        pwd.getpwuid(number)
    except KeyError:
        return False
    return True


def become(number: int) -> None:
    """For good, with no other group."""
    os.setgroups([])
    os.setgid(number)
    os.setuid(number)


def give(folder: str, number: int) -> None:
    """The folder and all in it belong to the account; what lies beside it doesn't."""
    for path in _below(folder):
        os.chown(path, number, number, follow_symlinks=False)


def _below(folder: str) -> Iterator[str]:
    yield folder
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            yield os.path.join(parent, name)


def reachable(folder: str) -> str:
    """`folder` under a path that any account may follow: its own, or, in a mount namespace of this process alone, one
    that leads to the tree of programs around it. OSError where the system allows neither."""
    if all(_is_open(up) for up in _upwards(folder)):
        return folder
    top = next(up for up in reversed(_upwards(folder)) if not _is_open(os.path.dirname(up)) and _is_open(up))
    show(top, SHOWN)
    return os.path.normpath(os.path.join(SHOWN, os.path.relpath(folder, top)))


def show(folder: str, place: str) -> None:
    """Have `folder` at `place` too, for this process and its descendants alone. OSError where that isn't allowed."""
    _checked(_libc.unshare(NEW_NAMESPACE), "a mount namespace of our own")
    _checked(_libc.mount(None, b"/", None, ctypes.c_ulong(PRIVATE), None), "making it private")
    _checked(_libc.mount(os.fsencode(folder), place.encode(), None, ctypes.c_ulong(BIND), None), "showing %s" % folder)


def _upwards(folder: str) -> List[str]:
    """The folder and those above it, itself first."""
    found = [os.path.realpath(folder)]
    while found[-1] != "/":
        found.append(os.path.dirname(found[-1]))
    return found


def _is_open(folder: str) -> bool:
    return bool(os.stat(folder).st_mode & stat.S_IXOTH)


def _checked(answer: int, what: str) -> None:
    if answer != 0:
        number = ctypes.get_errno()
        raise OSError(number, "%s: %s" % (what, os.strerror(number)))


def restrict(folder: str) -> None:
    """For its owner alone."""
    with contextlib.suppress(PermissionError):
        os.chmod(folder, 0o700)
