import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import jobs
from app.config import Config
from app.jobs import Result
from app.main import Work, Worker
from app.presence import AT_WORK


def leave(folder: Path, job: str) -> Config:
    (folder / "inbox").mkdir()
    (folder / "inbox" / "job").write_text(job)
    return Config(spool=folder, poll_seconds=0.01, attempts=2)


def run(folder: Path, job: str, work: Work, attempts: int = 1) -> None:
    """It stops at that attempt."""
    config, tried = leave(folder, job), 0

    def then_stop(content: bytes) -> Result:
        nonlocal tried
        tried += 1
        if tried == attempts:
            worker.stop()
        return work(content)

    worker = Worker(config, then_stop)
    worker.run()


def no_network(_: bytes) -> Result:
    raise OSError("no network")


def test_a_job_is_done(tmp_path: Path) -> None:
    run(tmp_path, "{}", lambda _: {"words": 3})
    assert json.loads((tmp_path / "done" / "job").read_text()) == {"words": 3}


def test_a_worker_that_ends_leaves_nothing_of_its_own(tmp_path: Path) -> None:
    run(tmp_path, "{}", lambda _: {"words": 3})
    assert list((tmp_path / "workers").iterdir()) == []
    assert list(tmp_path.glob("*.prom")) == []


def test_a_job_that_fails_once_is_tried_again(tmp_path: Path) -> None:
    answers: Iterator[Result | OSError] = iter([OSError("no network"), {"words": 3}])

    def work(_: bytes) -> Result:
        answer = next(answers)
        if isinstance(answer, OSError):
            raise answer
        return answer

    run(tmp_path, "{}", work, attempts=2)
    assert (tmp_path / "done" / "job").exists()


def test_a_job_that_never_works_is_put_aside_with_the_reason(tmp_path: Path) -> None:
    run(tmp_path, "{}", no_network, attempts=2)
    assert (tmp_path / "failed" / "job").read_text() == "{}"
    assert json.loads((tmp_path / "reasons" / "job").read_text()) == {"error": "no network"}


def test_a_worker_that_is_told_to_stop_leaves_the_next_attempt_to_others(tmp_path: Path) -> None:
    run(tmp_path, "{}", no_network)
    assert [path.name for path in (tmp_path / "again" / "1").iterdir()] == ["job"]


@pytest.mark.parametrize(("attempt", "told"), [(1, "it waits again"), (2, "put aside")])
def test_what_became_of_the_job_of_a_worker_that_died_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, attempt: int, told: str
) -> None:
    for folder in ("workers", f"working/dead/{attempt}"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "workers" / "dead").write_bytes(AT_WORK)
    (tmp_path / "working" / "dead" / str(attempt) / "lost").write_text("{}")
    run(tmp_path, "{}", lambda _: {})
    assert f"its worker is no more, attempts that count: {attempt} of 2; {told}" in caplog.text


def test_what_is_no_job_is_not_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run(tmp_path, "nonsense", jobs.work)
    assert "put aside" in caplog.text
    assert "attempt" not in caplog.text
