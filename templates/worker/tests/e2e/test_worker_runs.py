"""The worker as a program of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[2] / "src"
PATIENCE = 30
"""Seconds that a job may take."""


def await_file(path: Path) -> str:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if path.exists():
            return path.read_text()
        time.sleep(0.05)
    pytest.fail(f"{path.name} did not come within {PATIENCE} s")


def test_it_does_a_job_and_ends_when_it_is_told_to(tmp_path: Path) -> None:
    env = {**os.environ, "SPOOL": str(tmp_path), "POLL_SECONDS": "0.05"}
    with subprocess.Popen([sys.executable, "-m", "app.main"], cwd=SOURCES, env=env) as program:
        try:
            await_file(tmp_path / "worker.prom")
            (tmp_path / "job").write_text('{"text": "to be"}')
            (tmp_path / "job").rename(tmp_path / "inbox" / "job")
            assert json.loads(await_file(tmp_path / "done" / "job"))["words"] == 2
            program.send_signal(signal.SIGTERM)
            assert program.wait(PATIENCE) == 0
        finally:
            program.kill()
