"""Who counts where: each thread that serves owns one lane of the slot page, so counting needs no lock."""

import fcntl
import os
import struct
import sys
import threading
from bisect import bisect_left
from typing import List, Optional, Union

from ecluse.wire import page

_WORDS = page.LANE // 8
_PID, _NONE, _WEBSOCKETS = 0, 1, 7
_CLASSES = {first: number + _NONE for number in range(1, 6) for first in (number, str(number))}
_BUCKETS = len(page.FIELDS)
_BOUNDS = page.BOUNDS
_FLOCK = struct.Struct("hhqqi4x")


class Lane:
    """The counters of one thread. Only that thread may call."""

    __slots__ = ("_index", "_pool", "_words")

    def __init__(self, words: memoryview, pool: "Optional[Lanes]" = None, index: int = -1) -> None:
        self._words = words
        self._pool = pool
        self._index = index
        words[_PID] = os.getpid()
        words[_WEBSOCKETS] = 0

    def count(self, first: Union[int, str], seconds: float) -> None:
        """One request is over. `first` is the first digit of its status, nothing when it was never answered."""
        words = self._words  # one local, because this runs for each request
        words[_CLASSES.get(first, _NONE)] += 1
        words[_BUCKETS + bisect_left(_BOUNDS, seconds)] += 1

    def websockets(self, change: int) -> None:
        self._words[_WEBSOCKETS] += change

    def __del__(self) -> None:
        # The thread that owned us ended, and took its thread-local values along.
        if self._pool is not None:
            self._pool.give_back(self._index, self._words)


class Lanes:
    """The lanes of one process. `mine()` is safe to call from any thread."""

    def __init__(self, path: str) -> None:
        """Raises what `Page` does."""
        self._page = page.Page(path)
        # Open file description locks belong to this descriptor alone: closing another one of the same file, as Page
        # does, would end a process's ordinary locks (fcntl(2), "Open file description locks").
        self._locks = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        self._words = memoryview(self._page.map).cast("Q")
        self._phase = memoryview(self._page.map).cast("I")
        self._next = 0
        self._free: List[int] = []
        self._guard = threading.Lock()
        self._own = threading.local()

    def lame(self) -> bool:
        """Whether each answer has to close its connection. Two bytecodes on shared memory: ask it each time."""
        return self._phase[page.PHASE_AT // 4] == page.LAME

    def mine(self) -> Lane:
        """This thread's lane; the first call claims one."""
        try:
            return self._own.lane  # type: ignore[no-any-return]
        except AttributeError:
            lane = self._own.lane = self._claim()
            return lane

    def give_back(self, index: int, words: memoryview) -> None:
        """The lane may go to another thread of this process. Its counters stay: they only grow."""
        words[_WEBSOCKETS] = 0
        self._free.append(index)

    def _claim(self) -> Lane:
        with self._guard:
            index = self._free.pop() if self._free else self._lock()
        if index is None:
            sys.stderr.write("ecluse: all %d lanes are taken; what this thread serves isn't counted\n" % page.LANES)
            return Lane(memoryview(bytearray(page.LANE)).cast("Q"))
        start = page.HEADER // 8 + index * _WORDS
        return Lane(self._words[start : start + _WORDS], self, index)

    def _lock(self) -> Optional[int]:
        # Not one that we hold: a lock never conflicts with others of the same descriptor.
        for index in range(self._next, page.LANES):
            self._next = index + 1
            wanted = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, page.HEADER + index * page.LANE, 1, 0)
            try:
                fcntl.fcntl(self._locks, fcntl.F_OFD_SETLK, wanted)
            except OSError:
                continue
            return index
        return None
