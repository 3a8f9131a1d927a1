"""What the processes write: raw files, drained into lines of JSON that are kept, rotated, shown and followed."""

import asyncio
import contextlib
import datetime as dt
import itertools
import os
from collections import deque
from typing import Any, Deque, Dict, Iterator, List, NamedTuple, Optional, Set, Tuple

from ecluse.keeper.choice import Choice
from ecluse.keeper.linefile import LineFile, last_lines
from ecluse.keeper.places import Home
from ecluse.keeper.rawfile import RawFile

EVERY = 0.1
"""Seconds between two looks at the raw files."""
PORTIONS = 4
TAIL = 20
FOLLOWED = 10_000
"""Lines that a slow follower may lag behind before it misses some."""

Item = Dict[str, Any]


class Source(NamedTuple):
    """Whose raw file it is."""

    slot: str
    worker: str
    process: str
    release: str
    stream: str


class Output:
    """All processes of an environment. Nothing here may fail the keeper: a full disk loses lines, not requests."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._raw: Dict[Source, RawFile] = {}
        self._files: Dict[str, LineFile] = {}
        self._pids: Dict[Tuple[str, str], int] = {}
        self._tails: Dict[Tuple[str, str], Deque[str]] = {}
        self._followers: Set["asyncio.Queue[Item]"] = set()
        self.trouble = ""
        """Why lines can't be kept now, or nothing."""

    def open(self, slot: str, worker: str, process: str, release: str) -> Tuple[str, str]:
        """The raw files (output, errors) of a worker; drained from now on."""
        paths = []
        for stream in ("out", "err"):
            source = Source(slot, worker, process, release, "std" + stream)
            path = os.path.join(self._home.raw, "%s.%s.%s" % (slot, worker, stream))
            if source not in self._raw:
                self._raw[source] = RawFile(path)
            paths.append(path)
        return paths[0], paths[1]

    def runs(self, slot: str, worker: str, pid: Optional[int]) -> None:
        """Lines read from now on are `pid`'s, which may have printed some already: those of the one before are read
        (`drain`) before it is started."""
        if pid:
            self._pids[slot, worker] = pid

    def tail(self, slot: str, worker: str) -> List[str]:
        return list(self._tails.get((slot, worker), ()))

    def close(self, slot: str, worker: str) -> None:
        """The worker has ended for good: read the rest, an unfinished line too, and remove its files."""
        for source in [source for source in self._raw if (source.slot, source.worker) == (slot, worker)]:
            raw = self._raw.pop(source)
            with contextlib.suppress(OSError):
                self._keep(source, raw.rest())
            raw.remove()
        self._pids.pop((slot, worker), None)
        self._tails.pop((slot, worker), None)

    def reopen(self) -> None:
        """The kept lines go to files that are there again."""
        for file in self._files.values():
            file.close()
        self._files.clear()

    async def run(self) -> None:
        """Drain until cancelled."""
        while True:
            self.drain()
            await asyncio.sleep(EVERY)

    def drain(self) -> None:
        """A few portions of each file, so that a process that floods its output can't keep us from our orders."""
        self.trouble = ""
        for source, raw in list(self._raw.items()):
            try:
                for lines in itertools.islice(raw.lines(), PORTIONS):
                    self._keep(source, lines)
                    raw.done()
            except OSError as error:
                self.trouble = "lines of %s can't be kept: %s" % (source.process, error.strerror)

    def _keep(self, source: Source, lines: List[str]) -> None:
        if not lines:
            return
        now = dt.datetime.now(dt.timezone.utc).isoformat()
        pid = self._pids.get((source.slot, source.worker), 0)
        items = [_item(now, source, pid, text) for text in lines]
        self._tails.setdefault((source.slot, source.worker), deque(maxlen=TAIL)).extend(lines[-TAIL:])
        self._file(source.process).append(items)
        for item in items:
            self._tell(item)

    def _file(self, process: str) -> LineFile:
        if process not in self._files:
            self._files[process] = LineFile(os.path.join(self._home.logs, process + ".jsonl"))
        return self._files[process]

    def _tell(self, item: Item) -> None:
        for queue in self._followers:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(item)

    @contextlib.contextmanager
    def following(self) -> Iterator["asyncio.Queue[Item]"]:
        queue: "asyncio.Queue[Item]" = asyncio.Queue(FOLLOWED)
        self._followers.add(queue)
        try:
            yield queue
        finally:
            self._followers.discard(queue)


def last_kept(home: Home, choice: Choice, count: int) -> List[Item]:
    """What is on disk, whether or not a keeper is there: the last lines that are chosen, oldest first."""
    names = [choice.process] if choice.process else _processes(home)
    found = [item for name in names for item in last_lines(os.path.join(home.logs, name + ".jsonl"), count, choice)]
    return sorted(found, key=lambda item: str(item.get("at")))[-count:] if count > 0 else []


def _processes(home: Home) -> List[str]:
    with contextlib.suppress(FileNotFoundError):
        return sorted(name[: -len(".jsonl")] for name in os.listdir(home.logs) if name.endswith(".jsonl"))
    return []


def _item(now: str, source: Source, pid: int, text: str) -> Item:
    return {
        "at": now,
        "slot": source.slot,
        "release": source.release,
        "process": source.process,
        "pid": pid,
        "stream": source.stream,
        "text": text,
    }
