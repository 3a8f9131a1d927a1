"""The worker as a program of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[2] / "src"
PATIENCE = 30
"""Seconds that a job may take."""


def await_file(folder: Path, pattern: str, text: str = "") -> str:
    """What the file says, once it is there and says `text` somewhere."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for path in folder.glob(pattern):
            if text in (said := path.read_text()):
                return said
        time.sleep(0.05)
    pytest.fail(f"{pattern} did not say {text!r} within {PATIENCE} s")


@contextmanager
def worker(spool: Path) -> Iterator[subprocess.Popen[bytes]]:
    env = {**os.environ, "SPOOL": str(spool), "POLL_SECONDS": "0.05"}
    with subprocess.Popen([sys.executable, "-m", "app.main"], cwd=SOURCES, env=env) as program:
        try:
            await_file(spool / "workers", "[!.]*")
            yield program
        finally:
            program.kill()


def leave(spool: Path, name: str) -> None:
    (spool / name).write_text('{"text": "to be"}')
    (spool / name).rename(spool / "inbox" / name)


def test_it_does_a_job_and_ends_when_it_is_told_to(tmp_path: Path) -> None:
    with worker(tmp_path) as program:
        leave(tmp_path, "job")
        assert json.loads(await_file(tmp_path / "done", "job"))["words"] == 2
        await_file(tmp_path, "worker-*.prom", 'result="done"')
        program.send_signal(signal.SIGTERM)
        assert program.wait(PATIENCE) == 0


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
