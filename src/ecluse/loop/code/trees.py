"""Copying files into a step's own tree and out of it. Never by hard link: a step may write to what it was given."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_FICLONE = 0x40049409  # ioctl_ficlone(2)


def list_files(folder: Path) -> tuple[str, ...]:
    """Every file and link below `folder`, relative and sorted. Links to folders aren't followed."""
    found: list[str] = []
    for parent, folders, files in os.walk(folder):
        links = [name for name in folders if Path(parent, name).is_symlink()]
        found += [os.path.relpath(Path(parent, name), folder) for name in (*files, *links)]
    return tuple(sorted(found))


def copy_files(source: Path, paths: Iterable[str], into: Path) -> None:
    """Copy `paths` of `source` to the same places below `into`."""
    made: set[Path] = set()
    for path in paths:
        target = into / path
        if target.parent not in made:
            target.parent.mkdir(parents=True, exist_ok=True)
            made.add(target.parent)
        copy_file(str(source / path), str(target))


def copy_any(source: Path, target: Path) -> None:
    """Copy a file, a link or a whole folder; what is there already is written over."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir() and not source.is_symlink():
        shutil.copytree(source, target, symlinks=True, copy_function=copy_file, dirs_exist_ok=True)
    else:
        copy_file(str(source), str(target))


def copy_file(source: str, target: str) -> str:
    """Content, permissions and time of one file, sharing its blocks where the file system can; a link as a link."""
    with suppress(FileNotFoundError):
        Path(target).unlink()
    if Path(source).is_symlink():
        Path(target).symlink_to(Path(source).readlink())
        return target
    with Path(source).open("rb") as reading, Path(target).open("wb") as writing:
        shared = _share(reading.fileno(), writing.fileno())
    if not shared:
        shutil.copyfile(source, target)
    shutil.copystat(source, target)
    return target


def _share(reading: int, writing: int) -> bool:
    try:
        fcntl.ioctl(writing, _FICLONE, reading)
    except OSError:  # not every file system can (ext4 can't)
        return False
    return True
