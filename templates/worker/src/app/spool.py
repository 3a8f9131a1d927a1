"""Jobs as files: `inbox` → `working` → `done` or `failed`.

A move within a file system is atomic (rename(2)), so a job is in one place whatever happens, and
of several workers one gets it. Whoever leaves a job writes it elsewhere and moves it in.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDERS = ("inbox", "working", "done", "failed")


@dataclass(frozen=True, slots=True)
class Job:
    name: str
    content: bytes


class Spool:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for name in FOLDERS:
            (folder / name).mkdir(parents=True, exist_ok=True)

    def take(self) -> Job | None:
        """The oldest job, which is now ours; None when there is none."""
        for path in self._waiting():
            mine = self._folder / "working" / f"{path.name}.{os.getpid()}"
            try:
                path.rename(mine)
            except FileNotFoundError:
                continue  # another worker was quicker
            return Job(path.name, mine.read_bytes())
        return None

    def finish(self, job: Job, result: dict[str, Any]) -> None:
        self._leave("done", job, result)

    def put_aside(self, job: Job, why: str) -> None:
        self._leave("failed", job, {"error": why, "job": job.content.decode(errors="replace")})

    def give_back(self) -> int:
        """Jobs of workers that are no more go back to the inbox; how many."""
        lost = [path for path in (self._folder / "working").iterdir() if not _lives(path)]
        for path in lost:
            path.rename(self._folder / "inbox" / path.name.rpartition(".")[0])
        return len(lost)

    def waiting(self) -> int:
        return sum(1 for _ in self._waiting())

    def _waiting(self) -> Iterator[Path]:
        found = (self._folder / "inbox").iterdir()
        return iter(sorted(found, key=lambda path: (path.stat().st_mtime_ns, path.name)))

    def _leave(self, where: str, job: Job, document: dict[str, Any]) -> None:
        """Written whole before it shows, and only then is the job gone."""
        fresh = self._folder / where / f".{job.name}.new"
        fresh.write_text(json.dumps(document), encoding="utf-8")
        fresh.rename(self._folder / where / job.name)
        (self._folder / "working" / f"{job.name}.{os.getpid()}").unlink()


def _lives(path: Path) -> bool:
    try:
        os.kill(int(path.name.rpartition(".")[2]), 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's, but alive
        return True
    return True
