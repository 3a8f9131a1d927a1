"""Jobs as files: `inbox` → `working` → `done` or `failed`, whose reasons lie in `reasons`.

A move within a file system is atomic (rename(2)), so a job is in one place whatever happens, and
of several workers one gets it. Whoever leaves a job writes it elsewhere and moves it in, under a
name that no other has.

The folder that a job lies in counts its attempts: `working/WORKER/2` holds one that is tried for
the second time, `again/2` one that was tried twice. So the move that takes a job counts it too,
before anything is done with it that could end the worker.
"""

import json
import logging
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.presence import Gone, Presence, settle, take_over

log = logging.getLogger("worker")

FOLDERS = ("inbox", "again", "working", "done", "failed", "reasons", "workers")


@dataclass(frozen=True, slots=True)
class Job:
    name: str
    content: bytes
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class Lost:
    """A job whose worker is no more."""

    name: str
    attempts: int
    """That count: one that its worker had to leave off doesn't."""
    is_aside: bool


class Spool:
    """As one worker has it. Several have the same folder: two releases do while one takes over."""

    def __init__(self, folder: Path, attempts: int) -> None:
        self._folder, self._attempts = folder, attempts
        for name in FOLDERS:
            (folder / name).mkdir(parents=True, exist_ok=True)
        self._presence = Presence(folder / "workers")
        self._working = folder / "working" / self._presence.name
        self._working.mkdir()
        self._seen: list[tuple[int, int, Path]] = []
        """What waited when we last looked, the next one last: who looks for each job looks long."""

    @property
    def metrics(self) -> Path:
        """This worker's file of numbers: it goes when the worker goes."""
        return _metrics(self._folder, self._presence.name)

    def take(self) -> Job | None:
        """The oldest of those that were tried least, which is now ours; None when there is none."""
        self._seen = self._seen or sorted(self._waiting(), reverse=True)
        while self._seen:
            used, _, path = self._seen.pop()
            mine = self._place(Job(path.name, b"", used + 1))
            mine.parent.mkdir(exist_ok=True)
            try:
                path.rename(mine)
            except FileNotFoundError:
                continue  # another worker was quicker
            settle(mine.parent)
            try:
                return Job(path.name, mine.read_bytes(), used + 1)
            except OSError as error:  # or it would end one worker after the other
                log.error("%s: put aside: can't be read: %s", path.name, error.strerror)
                self._put_aside(mine, f"can't be read: {error.strerror}")
        return None

    def finish(self, job: Job, result: dict[str, Any]) -> None:
        self._write("done", job.name, result)
        self._place(job).unlink()

    def give_up(self, job: Job, why: str) -> bool:
        """The attempt failed. Whether that was the last one, and the job is put aside."""
        if job.attempt >= self._attempts:
            self.put_aside(job, why)
            return True
        self._wait_again(self._place(job), job.attempt)
        return False

    def put_aside(self, job: Job, why: str) -> None:
        self._put_aside(self._place(job), why)

    def leave_off(self) -> None:
        """From now on an attempt that this process doesn't end doesn't count.

        A signal's handler may call this.
        """
        self._presence.leave_off()

    def give_back(self) -> list[Lost]:
        """Jobs of workers that are no more: they wait again, or are put aside."""
        lost: list[Lost] = []
        with take_over(self._folder / "workers") as gone:
            for worker in gone:
                lost += self._jobs_of(worker)
                for path in self._unfinished(worker.name):
                    path.unlink()
        return lost

    def waiting(self) -> int:
        return sum(_count(folder) for _, folder in self._folders())

    def aside(self) -> int:
        return _count(self._folder / "failed")

    def close(self) -> None:
        """Once no job is at hand any more."""
        self.metrics.unlink(missing_ok=True)
        for place in self._working.iterdir():
            place.rmdir()
        self._working.rmdir()
        self._presence.end()

    def _waiting(self) -> Iterator[tuple[int, int, Path]]:
        """Attempts used, age, and where it lies."""
        for used, folder in self._folders():
            for age, path in by_age(folder):
                yield used, age, path

    def _folders(self) -> list[tuple[int, Path]]:
        """Where jobs wait, and the attempts that are used there."""
        again = (self._folder / "again").iterdir()
        counted = [(int(folder.name), folder) for folder in again if folder.name.isdecimal()]
        return [(0, self._folder / "inbox"), *counted]

    def _place(self, job: Job) -> Path:
        """Where it is while it is ours."""
        return self._working / str(job.attempt) / job.name

    def _jobs_of(self, worker: Gone) -> Iterator[Lost]:
        working = self._folder / "working" / worker.name
        if not working.exists():  # it ended at once, or we did in the midst of this
            return
        for place in list(working.iterdir()):
            used = int(place.name) - worker.was_leaving_off
            for path in list(place.iterdir()):
                is_over = used >= self._attempts
                if is_over:
                    self._put_aside(path, f"it ended its worker at attempt {used}")
                else:
                    self._wait_again(path, used)
                yield Lost(path.name, used, is_over)
            place.rmdir()
        working.rmdir()

    def _unfinished(self, worker: str) -> list[Path]:
        """Its numbers, and what it was writing when it ended."""
        names = (f"worker-{worker}.*", f"done/.{worker}.new", f"reasons/.{worker}.new")
        return [path for name in names for path in self._folder.glob(name)]

    def _wait_again(self, path: Path, used: int) -> None:
        folder = self._folder / "again" / str(used) if used else self._folder / "inbox"
        folder.mkdir(exist_ok=True)
        path.rename(folder / path.name)

    def _put_aside(self, path: Path, why: str) -> None:
        """As it is, unread: it may be what ends a worker."""
        self._write("reasons", path.name, {"error": why})
        path.rename(self._folder / "failed" / path.name)

    def _write(self, where: str, name: str, document: dict[str, Any]) -> None:
        """Whole before it shows."""
        fresh = self._folder / where / f".{self._presence.name}.new"
        with fresh.open("w", encoding="utf-8") as file:
            json.dump(document, file)
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(self._folder / where / name)
        settle(self._folder / where)


def _metrics(folder: Path, worker: str) -> Path:
    return folder / f"worker-{worker}.prom"


def _count(folder: Path) -> int:
    return sum(entry.is_file() for entry in os.scandir(folder))


def by_age(folder: Path) -> Iterator[tuple[int, Path]]:
    for path in folder.iterdir():
        try:
            found = path.stat()
        except FileNotFoundError:
            continue  # another worker has it
        if stat.S_ISREG(found.st_mode):
            yield found.st_mtime_ns, path
