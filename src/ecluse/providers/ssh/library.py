"""asyncssh, imported in half the time that it takes by itself.

It asks ctypes for two libraries, which starts a compiler and ldconfig to find them (ctypes.util.find_library); and its
import makes much that the collector would look through again and again. Import it from here.
"""

from __future__ import annotations

import ctypes.util
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes.util import find_library
from functools import cache
from pathlib import Path

FOLDERS = ("/lib", "/usr/lib", "/usr/local/lib", "/lib64", "/usr/lib64", "/lib/*-linux-*", "/usr/lib/*-linux-*")
"""Where the loader of Linux finds libraries without being told (ld.so(8)); Debian has one for each architecture."""


def find_by_name(name: str) -> str | None:
    """As ctypes.util.find_library, by looking into the usual folders only."""
    folders = [folder for pattern in FOLDERS for folder in Path("/").glob(pattern.lstrip("/"))]
    found = (path.name for folder in folders for path in sorted(folder.glob(f"lib{name}.so*")))
    return next(found, None)


@contextmanager
def quickly() -> Iterator[None]:
    was_collecting = gc.isenabled()
    gc.disable()
    ctypes.util.find_library = cache(find_by_name)
    try:
        yield
    finally:
        ctypes.util.find_library = find_library
        gc.freeze()
        if was_collecting:
            gc.enable()


with quickly():
    import asyncssh

__all__ = ["asyncssh"]
