import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.spool import Spool


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Spool(tmp_path)
    return tmp_path


def leave(folder: Path, name: str, age: int = 0) -> None:
    path = folder / "inbox" / name
    path.write_text("{}")
    os.utime(path, (1000 - age, 1000 - age))


def test_the_oldest_job_comes_first_and_each_is_taken_once(folder: Path) -> None:
    leave(folder, "young")
    leave(folder, "old", age=60)
    spool = Spool(folder)
    assert spool.waiting() == 2
    taken = [spool.take(), spool.take()]
    assert [job.name for job in taken if job] == ["old", "young"]
    assert spool.take() is None


def test_what_is_done_lies_in_done_alone(folder: Path) -> None:
    leave(folder, "job")
    spool = Spool(folder)
    job = spool.take()
    assert job
    spool.finish(job, {"words": 1})
    assert (folder / "done" / "job").read_text() == '{"words": 1}'
    assert list((folder / "working").iterdir()) == []


def test_the_job_of_a_worker_that_died_goes_back(folder: Path) -> None:
    died = subprocess.Popen([sys.executable, "-c", ""])
    died.wait()
    (folder / "working" / f"lost.{died.pid}").write_text("{}")
    (folder / "working" / f"mine.{os.getpid()}").write_text("{}")
    assert Spool(folder).give_back() == 1
    assert [path.name for path in (folder / "inbox").iterdir()] == ["lost"]
