"""The worker as a program of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[2] / "src"
PATIENCE = 30
"""Seconds that a job may take."""


def await_file(folder: Path, pattern: str, text: str = "", seen: Sequence[Path] = ()) -> Path:
    """The file, once it is there and says `text` somewhere; another than those that were seen."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for path in folder.glob(pattern):
            with suppress(FileNotFoundError):
                if path not in seen and text in path.read_text():
                    return path
        time.sleep(0.02)
    pytest.fail(f"{pattern} did not say {text!r} within {PATIENCE} s")


MISBEHAVES = """
import errno, os, signal, time
from app import jobs

def work(job):
    if b"die" in job:
        os.kill(os.getpid(), signal.SIGKILL)
    if b"hang" in job:
        time.sleep(600)
    if b"full" in job:
        os.fsync = full
    return was(job)

def full(_):
    raise OSError(errno.ENOSPC, "no space left")

was, jobs.work = jobs.work, work
from app.main import main
main()
"""
"""The worker, whose work is not always to be trusted."""


@contextmanager
def worker(spool: Path, *command: str, attempts: int = 3) -> Iterator[subprocess.Popen[bytes]]:
    settings = {"SPOOL": str(spool), "POLL_SECONDS": "0.05", "ATTEMPTS": str(attempts)}
    env = {**os.environ, **settings}
    others = list((spool / "workers").glob("*"))
    program = [sys.executable, *(command or ("-m", "app.main"))]
    with subprocess.Popen(program, cwd=SOURCES, env=env) as running:
        try:
            await_file(spool / "workers", "[!.]*", seen=others)
            yield running
        finally:
            running.kill()


def leave(spool: Path, name: str, text: str = "to be") -> None:
    (spool / name).write_text(json.dumps({"text": text}))
    (spool / name).rename(spool / "inbox" / name)


def test_it_does_a_job_and_ends_when_it_is_told_to(tmp_path: Path) -> None:
    with worker(tmp_path) as program:
        leave(tmp_path, "job")
        assert json.loads(await_file(tmp_path / "done", "job").read_text())["words"] == 2
        await_file(tmp_path, "worker-*.prom", 'result="done"')
        program.send_signal(signal.SIGTERM)
        assert program.wait(PATIENCE) == 0


def test_a_job_that_ends_its_workers_is_put_aside_and_the_others_are_done(tmp_path: Path) -> None:
    """Two share the spool, and are started again and again, as where they are supervised."""
    (tmp_path / "inbox").mkdir()
    leave(tmp_path, "deadly", "die")
    for number in range(20):
        leave(tmp_path, f"job-{number}")
    ends = []
    while not (tmp_path / "failed" / "deadly").exists():
        with (
            worker(tmp_path, "-c", MISBEHAVES, attempts=2) as one,
            worker(tmp_path, "-c", MISBEHAVES, attempts=2) as other,
        ):
            until = time.monotonic() + PATIENCE
            while one.poll() is None and other.poll() is None and time.monotonic() < until:
                if (tmp_path / "failed" / "deadly").exists():
                    break
                time.sleep(0.02)
            for program in (one, other):
                program.send_signal(signal.SIGTERM)
                ends.append(program.wait(PATIENCE))
    assert ends.count(-signal.SIGKILL) == 2
    assert "ended its worker at attempt 2" in (tmp_path / "reasons" / "deadly").read_text()
    with worker(tmp_path):
        for number in range(20):
            await_file(tmp_path / "done", f"job-{number}")
        await_file(tmp_path, "worker-*.prom", "worker_jobs_aside")


def test_a_job_that_a_stop_left_no_time_is_not_the_one_to_blame(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    leave(tmp_path, "slow", "hang")
    seen: list[Path] = []
    for _ in range(3):
        with worker(tmp_path, "-c", MISBEHAVES, attempts=1) as program:
            seen.append(await_file(tmp_path / "working", "*/1/slow", seen=seen))
            program.send_signal(signal.SIGTERM)
            with pytest.raises(subprocess.TimeoutExpired):
                program.wait(0.5)
    with worker(tmp_path):
        await_file(tmp_path / "done", "slow")
    assert list((tmp_path / "failed").iterdir()) == []


def test_a_full_disk_is_no_fault_of_a_job(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    leave(tmp_path, "job", "full")
    with worker(tmp_path, "-c", MISBEHAVES, attempts=1) as program:
        assert program.wait(PATIENCE) == 1
    with worker(tmp_path):
        await_file(tmp_path / "done", "job")


def test_two_share_the_jobs_and_none_is_lost_or_done_twice(tmp_path: Path) -> None:
    with worker(tmp_path) as one, worker(tmp_path) as other:
        for number in range(200):
            leave(tmp_path, f"job-{number}")
        for number in range(200):
            await_file(tmp_path / "done", f"job-{number}")
        for program in (one, other):
            program.send_signal(signal.SIGTERM)
            assert program.wait(PATIENCE) == 0
    assert len(list((tmp_path / "done").iterdir())) == 200
    assert list((tmp_path / "working").iterdir()) == []
