"""What programs that we start don't see and can't write: a mount namespace in which nothing lies over a folder, and all
but a few folders is read-only."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack, suppress

from ecluse.system import kernel

SYSTEM = ("/proc", "/dev")
"""Nobody's files: what is written there is for the kernel, or in memory."""


class Veil:
    """Of a process with one thread (setns(2)), for all that it starts. To change it takes a millisecond, so it stays
    until another one is wanted."""

    def __init__(self) -> None:
        self._now: tuple[str, tuple[str, ...], tuple[str, ...]] = ("", (), ())
        self._off = ExitStack()

    def over(self, folder: str, shown: Sequence[str], writable: Sequence[str] = ()) -> None:
        """What is started from now on finds `folder` empty but for `shown`, and read-only; no folder: everything.
        What isn't there needn't be shown. All paths are absolute. With any `writable`, all else is read-only to it.

        Where the system refuses (no right to mount), it finds all of it. The working folder is `/` afterwards.
        """
        wanted = (folder, tuple(shown), tuple(writable))
        if wanted == self._now:
            return
        self._off.close()
        if folder or writable:
            with suppress(OSError):
                self._off = _covered(os.path.realpath(folder) if folder else "", _there(shown), _there(writable))
        self._now = wanted


def _there(paths: Sequence[str]) -> list[str]:
    return [os.path.realpath(path) for path in paths if os.path.exists(path)]  # noqa: PTH110


def _covered(folder: str, shown: Sequence[str], writable: Sequence[str]) -> ExitStack:
    """How to undo it."""
    with ExitStack() as undo:
        back = os.open("/proc/self/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
        undo.callback(os.close, back)
        root = os.open("/", os.O_PATH | os.O_CLOEXEC)
        undo.callback(os.close, root)
        kernel.unshare(kernel.CLONE_NEWNS)
        undo.callback(_go_back, back, root)
        kernel.mount_privately()
        if folder:
            _cover(folder, shown)
        if writable:
            _seal(writable)
        os.chdir("/")
        return undo.pop_all()


def _go_back(namespace: int, root: int) -> None:
    """setns(2) leads to the root of the namespace, which isn't ours where somebody had changed it (chroot(2))."""
    kernel.enter(namespace, kernel.CLONE_NEWNS)
    os.fchdir(root)
    os.chroot(".")


def _seal(writable: Sequence[str]) -> None:
    kernel.set_read_only("/", on=True)
    for path in (*SYSTEM, *writable):
        kernel.bind(path, path)
        kernel.set_read_only(path, on=False)


def _cover(folder: str, shown: Sequence[str]) -> None:
    with ExitStack() as stack:
        inside = [path for path in shown if os.path.commonpath((folder, path)) == folder]
        kept = {path: os.open(path, os.O_PATH | os.O_CLOEXEC) for path in inside}
        for descriptor in kept.values():
            stack.callback(os.close, descriptor)
        kernel.mount_empty(folder)
        for path, descriptor in kept.items():
            os.makedirs(path, exist_ok=True)  # noqa: PTH103 (as cheap as can be)
            kernel.bind(f"/proc/self/fd/{descriptor}", path)
        kernel.make_read_only(folder)
