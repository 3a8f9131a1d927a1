"""A folder that what is started doesn't see: a mount namespace in which nothing lies over it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress

from ecluse.system import kernel


@contextmanager
def veiled(folder: str, shown: Sequence[str]) -> Iterator[None]:
    """What is started meanwhile finds `folder` empty but for `shown`, and read-only.

    Where the system refuses (no right to mount), it finds all of it. Only for a process with one thread, setns(2); its
    working folder is `/` afterwards.
    """
    with ExitStack() as stack:
        back = os.open("/proc/self/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
        stack.callback(os.close, back)
        root = os.open("/", os.O_PATH | os.O_CLOEXEC)
        stack.callback(os.close, root)
        with suppress(OSError), ExitStack() as undone:
            kernel.unshare(kernel.CLONE_NEWNS)
            undone.callback(_go_back, back, root)
            _cover(folder, shown)
            stack.callback(_go_back, back, root)
            undone.pop_all()
        yield


def _go_back(namespace: int, root: int) -> None:
    """setns(2) leads to the root of the namespace, which isn't ours where somebody had changed it (chroot(2))."""
    kernel.enter(namespace, kernel.CLONE_NEWNS)
    os.fchdir(root)
    os.chroot(".")


def _cover(folder: str, shown: Sequence[str]) -> None:
    kernel.mount_privately()
    with ExitStack() as stack:
        inside = [path for path in shown if os.path.commonpath((folder, path)) == folder]
        kept = {path: os.open(path, os.O_PATH | os.O_CLOEXEC) for path in inside}
        for descriptor in kept.values():
            stack.callback(os.close, descriptor)
        kernel.mount_empty(folder)
        for path, descriptor in kept.items():
            os.makedirs(path, exist_ok=True)  # noqa: PTH103 (as cheap as can be: this is in every step's way)
            kernel.bind(f"/proc/self/fd/{descriptor}", path)
        kernel.make_read_only(folder)
