"""Folders of files: written from the content store, cloned by hard links, made read-only, removed."""

import os
import shutil
import stat
from typing import Any, Callable, Dict, Iterable, List

_EXECUTABLE = {"file": 0o644, "executable": 0o755}


def write(folder: str, files: Iterable[Dict[str, Any]], blob: Callable[[str], str]) -> None:
    """The files of a bundle below `folder`. `blob` gives the path of a digest.

    They are copies: a link to the store would let a process of root change what is stored. Links come last, so that
    no file is ever written through one.
    """
    links: List[Dict[str, Any]] = []
    for file in files:
        path = inside(folder, file["path"])
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if file["mode"] == "link":
            links.append(file)
        else:
            shutil.copyfile(blob(file["digest"]), path)
            os.chmod(path, _EXECUTABLE[file["mode"]])
    for link in links:
        with open(blob(link["digest"]), "rb") as text:
            os.symlink(text.read(), os.fsencode(inside(folder, link["path"])))


def inside(folder: str, path: str) -> str:
    """`path` below `folder`; ValueError when it would leave it."""
    whole = os.path.normpath(os.path.join(folder, path))
    if not whole.startswith(folder + os.sep):
        raise ValueError("a path that leaves its folder: %r" % path)
    return whole


def clone(source: str, target: str) -> None:
    """`target` like `source`, its files the same inodes: quick, and no space. Neither may be written to later."""
    shutil.copytree(source, target, symlinks=True, copy_function=os.link)


def make_read_only(folder: str) -> None:
    """Take the write permission from every file and folder below. Links are left alone, and where they lead too."""
    for path, _, files in os.walk(folder, topdown=False):
        for name in files:
            _take_write(os.path.join(path, name))
        _take_write(path)


def _take_write(path: str) -> None:
    mode = os.lstat(path).st_mode
    if not stat.S_ISLNK(mode) and mode & 0o222:
        os.chmod(path, stat.S_IMODE(mode) & ~0o222)


def remove(folder: str) -> None:
    """Remove a folder, a read-only one too. Not there: nothing to do."""
    for path, _, _ in os.walk(folder):
        os.chmod(path, 0o700)
    shutil.rmtree(folder, ignore_errors=not os.path.lexists(folder))
