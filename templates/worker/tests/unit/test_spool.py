import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from app.spool import Job, Lost, Spool, by_age

DIES = """
import os, sys
from pathlib import Path
from app.spool import Spool
spool = Spool(Path(sys.argv[1]), 2)
spool.take()
if sys.argv[2:]:
    spool.leave_off()
spool.metrics.write_text("")
spool.metrics.with_suffix(".new").write_text("")
(Path(sys.argv[1]) / "done" / f".{spool.metrics.stem.removeprefix('worker-')}.new").write_text("")
os.kill(os.getpid(), 9)
"""
"""A worker that is killed with a job at hand."""
SOURCES = Path(__file__).parents[2] / "src"


@pytest.fixture
def another(tmp_path: Path) -> Iterator[Callable[[], Spool]]:
    """One worker more."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(closing(Spool(tmp_path, attempts=2)))


def leave(folder: Path, name: str, age: int = 0) -> None:
    path = folder / "inbox" / name
    path.write_text("{}")
    os.utime(path, (1000 - age, 1000 - age))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def a_worker_dies(folder: Path, *told: str) -> None:
    subprocess.run([sys.executable, "-c", DIES, str(folder), *told], cwd=SOURCES, check=False)


def test_the_oldest_job_comes_first_and_each_is_taken_once(
    tmp_path: Path, another: Callable[[], Spool]
) -> None:
    spool, other = another(), another()
    leave(tmp_path, "young")
    leave(tmp_path, "old", age=60)
    assert spool.waiting() == 2
    taken = [spool.take(), other.take()]
    assert [job.name for job in taken if job] == ["old", "young"]
    assert spool.take() is None
    for one, job in zip((spool, other), taken, strict=True):
        assert job
        one.finish(job, {})


def test_a_backlog_is_looked_at_once_not_for_each_job(
    tmp_path: Path, another: Callable[[], Spool], monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = []

    def look(folder: Path) -> Iterator[tuple[int, Path]]:
        looked.append(folder)
        return by_age(folder)

    monkeypatch.setattr("app.spool.by_age", look)
    spool = another()
    for name in ("a", "b"):
        leave(tmp_path, name)
    taken = [spool.take(), spool.take()]
    assert [job.name for job in taken if job] == ["a", "b"]
    assert looked == [tmp_path / "inbox"]
    for job in taken:
        assert job
        spool.finish(job, {})


def test_what_is_no_file_is_no_job(tmp_path: Path, another: Callable[[], Spool]) -> None:
    spool = another()
    (tmp_path / "inbox" / "folder").mkdir()
    assert spool.take() is None


def test_what_is_done_lies_in_done_alone(tmp_path: Path, another: Callable[[], Spool]) -> None:
    spool = another()
    leave(tmp_path, "job")
    job = spool.take()
    assert job
    spool.finish(job, {"words": 1})
    assert (tmp_path / "done" / "job").read_text() == '{"words": 1}'
    assert list(tmp_path.glob("working/*/*/*")) == []


def test_the_job_of_a_worker_that_died_waits_again(
    tmp_path: Path, another: Callable[[], Spool]
) -> None:
    spool, living = another(), another()
    leave(tmp_path, "mine")
    mine = living.take()
    assert mine
    leave(tmp_path, "lost")
    a_worker_dies(tmp_path)
    assert len(list(tmp_path.glob("*.prom"))) == 1

    assert spool.give_back() == [Lost("lost", 1, is_aside=False)]

    assert names(tmp_path / "again" / "1") == ["lost"]
    assert list(tmp_path.glob("worker-*")) == []
    assert names(tmp_path / "done") == []
    assert spool.give_back() == []
    living.finish(mine, {})


def test_a_job_whose_workers_die_is_put_aside_as_it_was_left(
    tmp_path: Path, another: Callable[[], Spool]
) -> None:
    spool = another()
    (tmp_path / "inbox" / "job").write_bytes(b"\xff\x00")
    a_worker_dies(tmp_path)
    assert spool.give_back() == [Lost("job", 1, is_aside=False)]
    a_worker_dies(tmp_path)
    assert spool.give_back() == [Lost("job", 2, is_aside=True)]
    assert (spool.waiting(), spool.aside()) == (0, 1)
    assert (tmp_path / "failed" / "job").read_bytes() == b"\xff\x00"
    assert "ended its worker at attempt 2" in (tmp_path / "reasons" / "job").read_text()


def test_an_attempt_that_a_worker_had_to_leave_off_does_not_count(
    tmp_path: Path, another: Callable[[], Spool]
) -> None:
    spool = another()
    leave(tmp_path, "job")
    for _ in range(3):
        a_worker_dies(tmp_path, "told to stop")
        assert spool.give_back() == [Lost("job", 0, is_aside=False)]
        assert names(tmp_path / "inbox") == ["job"]


def test_what_failed_waits_behind_what_was_never_tried(
    tmp_path: Path, another: Callable[[], Spool]
) -> None:
    spool = another()
    leave(tmp_path, "old", age=60)
    old = spool.take()
    assert old
    assert not spool.give_up(old, "no network")
    leave(tmp_path, "young")
    taken = [spool.take(), spool.take()]
    assert [(job.name, job.attempt) for job in taken if job] == [("young", 1), ("old", 2)]
    for job in taken:
        assert job
        spool.finish(job, {})


@pytest.mark.parametrize("name", ["x" * 255, "a b\nä"])
def test_a_job_may_have_any_name(tmp_path: Path, another: Callable[[], Spool], name: str) -> None:
    spool = another()
    leave(tmp_path, name)
    job = spool.take()
    assert job
    spool.put_aside(job, "no good")
    assert names(tmp_path / "failed") == [name]


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="not Linux")
def test_what_can_not_be_read_is_put_aside_and_the_next_job_comes(
    tmp_path: Path, another: Callable[[], Spool]
) -> None:
    spool = another()
    (tmp_path / "inbox" / "a").symlink_to("/proc/self/mem")
    leave(tmp_path, "b")
    taken = {job.name for job in (spool.take(), spool.take()) if job}
    assert taken == {"b"}
    assert names(tmp_path / "failed") == ["a"]
    assert "can't be read" in (tmp_path / "reasons" / "a").read_text()
    spool.finish(Job("b", b""), {})


def test_a_worker_that_ended_before_it_had_a_place_for_its_jobs_stops_no_other(
    tmp_path: Path, another: Callable[[], Spool]
) -> None:
    spool = another()
    (tmp_path / "workers" / "gone").touch()
    assert spool.give_back() == []
    assert "gone" not in names(tmp_path / "workers")


def test_two_workers_have_a_file_of_numbers_each(another: Callable[[], Spool]) -> None:
    assert another().metrics != another().metrics
