import os
import subprocess
import sys
from pathlib import Path

from django.core.management.utils import get_random_secret_key

SOURCES = Path(__file__).parents[2] / "src"


ASKED = """
import app.main
from django.test import Client

answer = Client(raise_request_exception=False).get("/health", headers={"host": "localhost"})
assert answer.status_code == 500
"""


def started(script: str = "import app.main", **settings: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in os.environ.keys() - {"DEBUG", "SECRET_KEY"}}
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=SOURCES,
        env={**kept, **settings},
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_a_key_it_does_not_start() -> None:
    assert "SECRET_KEY" in started().stderr.splitlines()[-1]


def test_with_one_it_does() -> None:
    assert started(SECRET_KEY=get_random_secret_key()).returncode == 0


def test_on_a_developers_machine_it_does_without() -> None:
    assert started(DEBUG="1").returncode == 0


def test_an_error_is_told_where_nobody_debugs(tmp_path: Path) -> None:
    told = started(ASKED, SECRET_KEY=get_random_secret_key(), DATABASE=str(tmp_path / "empty"))
    assert told.returncode == 0, told.stderr
    assert "Traceback" in told.stderr
    assert "no such table" in told.stderr
