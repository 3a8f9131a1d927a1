"""Jobs as files: `inbox` → `working` → `done` or `failed`.

A move within a file system is atomic (rename(2)), so a job is in one place whatever happens, and
of several workers one gets it. Whoever leaves a job writes it elsewhere and moves it in.
"""

import json
import logging
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.presence import Presence, take_over

log = logging.getLogger("worker")

FOLDERS = ("inbox", "working", "done", "failed", "workers")


@dataclass(frozen=True, slots=True)
class Job:
    name: str
    content: bytes


class Spool:
    """As one worker has it. Several have the same folder: two releases do while one takes over."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for name in FOLDERS:
            (folder / name).mkdir(parents=True, exist_ok=True)
        self._presence = Presence(folder / "workers")
        self._working = folder / "working" / self._presence.name
        self._working.mkdir()

    @property
    def metrics(self) -> Path:
        """This worker's file of numbers: it goes when the worker goes."""
        return _metrics(self._folder, self._presence.name)

    def take(self) -> Job | None:
        """The oldest job, which is now ours; None when there is none."""
        for path in self._waiting():
            mine = self._working / path.name
            try:
                path.rename(mine)
            except FileNotFoundError:
                continue  # another worker was quicker
            try:
                return Job(path.name, mine.read_bytes())
            except OSError as error:  # or it would end one worker after the other
                log.error("%s: put aside: can't be read: %s", path.name, error.strerror)
                self.put_aside(Job(path.name, b""), f"can't be read: {error.strerror}")
        return None

    def finish(self, job: Job, result: dict[str, Any]) -> None:
        self._leave("done", job, result)

    def put_aside(self, job: Job, why: str) -> None:
        self._leave("failed", job, {"error": why, "job": job.content.decode(errors="replace")})

    def give_back(self) -> int:
        """Jobs of workers that are no more go back to the inbox; how many."""
        lost = 0
        with take_over(self._folder / "workers") as gone:
            for name in gone:
                working = self._folder / "working" / name
                for path in working.glob("*"):
                    path.rename(self._folder / "inbox" / path.name)
                    lost += 1
                if working.exists():  # not where it ended at once, or we did in the midst of this
                    working.rmdir()
                for path in self._unfinished(name):
                    path.unlink()
        return lost

    def waiting(self) -> int:
        return len(self._waiting())

    def close(self) -> None:
        """Once no job is at hand any more."""
        self.metrics.unlink(missing_ok=True)
        self._working.rmdir()
        self._presence.end()

    def _waiting(self) -> list[Path]:
        return [path for _, path in sorted(_by_age(self._folder / "inbox"))]

    def _unfinished(self, worker: str) -> list[Path]:
        """Its numbers, and what it was writing when it ended."""
        names = (f"worker-{worker}.*", f"done/.{worker}.new", f"failed/.{worker}.new")
        return [path for name in names for path in self._folder.glob(name)]

    def _leave(self, where: str, job: Job, document: dict[str, Any]) -> None:
        """Written whole before it shows, and only then is the job gone."""
        fresh = self._folder / where / f".{self._presence.name}.new"
        fresh.write_text(json.dumps(document), encoding="utf-8")
        fresh.rename(self._folder / where / job.name)
        (self._working / job.name).unlink()


def _metrics(folder: Path, worker: str) -> Path:
    return folder / f"worker-{worker}.prom"


def _by_age(folder: Path) -> Iterator[tuple[int, Path]]:
    for path in folder.iterdir():
        try:
            found = path.stat()
        except FileNotFoundError:
            continue  # another worker has it
        if stat.S_ISREG(found.st_mode):
            yield found.st_mtime_ns, path
