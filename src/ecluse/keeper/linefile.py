"""A file of JSON lines that stays below a size: it is renamed, and the oldest of its names goes."""

import contextlib
import errno
import itertools
import json
import os
from typing import Any, Dict, Iterator, List

from ecluse.keeper.choice import EVERY, Choice

SIZE = 8 * 1024 * 1024
KEPT = 4
_BACK = 256 * 1024


class LineFile:
    """`append` is whole or raises OSError. When the disk is full the oldest file is given up first."""

    def __init__(self, path: str, size: int = SIZE, kept: int = KEPT) -> None:
        self._path, self._size, self._kept = path, size, kept
        self._file = self._open()

    def _open(self) -> int:
        return os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def append(self, items: List[Dict[str, Any]]) -> None:
        data = "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items).encode("utf-8", "replace")
        before = os.fstat(self._file).st_size
        if before and before + len(data) > self._size:
            self._rotate()
            before = 0
        try:
            self._write(data)
        except OSError as error:
            os.ftruncate(self._file, before)
            if error.errno == errno.ENOSPC:
                self._give_up_oldest()
            raise

    def close(self) -> None:
        os.close(self._file)

    def _write(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._file, data) :]

    def _rotate(self) -> None:
        os.close(self._file)
        for number in range(self._kept, 0, -1):
            with contextlib.suppress(FileNotFoundError):
                os.rename(_name(self._path, number - 1), _name(self._path, number))
        self._file = self._open()

    def _give_up_oldest(self) -> None:
        for number in range(self._kept, 0, -1):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(_name(self._path, number))
                return


def _name(path: str, number: int) -> str:
    return "%s.%d" % (path, number) if number else path


def last_lines(path: str, count: int, choice: Choice = EVERY, kept: int = KEPT) -> List[Dict[str, Any]]:
    """The last `count` items of those that are chosen, oldest first, from the rotated files too."""
    if choice.is_narrow:
        chosen = (item for item in _backwards(path, choice, kept) if choice.fits(item))
        return list(itertools.islice(chosen, count))[::-1]
    found: List[Dict[str, Any]] = []
    for number in range(kept + 1):
        if len(found) >= count:
            break
        found = _tail(_name(path, number), count - len(found)) + found
    return found


def _backwards(path: str, choice: Choice, kept: int) -> Iterator[Dict[str, Any]]:
    """Newest first, up to what is too old. A file is read as a whole: a rare line may be far up."""
    for number in range(kept + 1):
        try:
            with open(_name(path, number), "rb") as file:
                lines = file.read().split(b"\n")[:-1]
        except OSError:
            continue
        for item in filter(None, map(_parse, reversed(lines))):
            if choice.is_before(item):
                return
            yield item


def _tail(path: str, count: int) -> List[Dict[str, Any]]:
    """Read from the end, in steps, until there are enough lines."""
    try:
        with open(path, "rb") as file:
            at = file.seek(0, os.SEEK_END)
            data = b""
            while at > 0 and data.count(b"\n") <= count:
                step = min(_BACK, at)
                at = file.seek(at - step)
                data = file.read(step) + data
    except OSError:
        return []
    lines = data.split(b"\n")[:-1]
    return [item for item in map(_parse, (lines if at == 0 else lines[1:])[-count:]) if item]


def _parse(line: bytes) -> Dict[str, Any]:
    """An item; nothing for a line that a crash cut."""
    try:
        item = json.loads(line)
    except ValueError:
        return {}
    return item if isinstance(item, dict) else {}
