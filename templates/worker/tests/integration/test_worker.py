import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import jobs
from app.config import Config
from app.jobs import Result
from app.main import Work, Worker


def run_once(folder: Path, job: str, work: Work) -> None:
    """One job, then it stops."""
    (folder / "inbox").mkdir()
    (folder / "inbox" / "job").write_text(job)
    config = Config(spool=folder, poll_seconds=0.01, attempts=2)

    def then_stop(content: bytes) -> Result:
        worker.stop()
        return work(content)

    worker = Worker(config, then_stop)
    worker.run()


def test_a_job_is_done(tmp_path: Path) -> None:
    run_once(tmp_path, "{}", lambda _: {"words": 3})
    assert json.loads((tmp_path / "done" / "job").read_text()) == {"words": 3}


def test_a_worker_that_ends_leaves_nothing_of_its_own(tmp_path: Path) -> None:
    run_once(tmp_path, "{}", lambda _: {"words": 3})
    assert list((tmp_path / "workers").iterdir()) == []
    assert list(tmp_path.glob("*.prom")) == []


def test_a_job_that_fails_once_is_tried_again(tmp_path: Path) -> None:
    answers: Iterator[Result | OSError] = iter([OSError("no network"), {"words": 3}])

    def work(_: bytes) -> Result:
        answer = next(answers)
        if isinstance(answer, OSError):
            raise answer
        return answer

    run_once(tmp_path, "{}", work)
    assert (tmp_path / "done" / "job").exists()


def test_a_job_that_never_works_is_put_aside_with_the_reason(tmp_path: Path) -> None:
    def work(_: bytes) -> Result:
        raise OSError("no network")

    run_once(tmp_path, "{}", work)
    assert json.loads((tmp_path / "failed" / "job").read_text())["error"] == "no network"


def test_what_is_no_job_is_not_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run_once(tmp_path, "nonsense", jobs.work)
    assert "put aside" in caplog.text
    assert "attempt" not in caplog.text
