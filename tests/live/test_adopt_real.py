"""Three of `make adopt-real`: tables made by a script, a worker whose queue lies in files, a database that migrates."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.live, pytest.mark.network, pytest.mark.timeout(1200)]

SCRIPT = Path(__file__).parents[2] / "examples" / "adopt_real.py"
NAMES = ("quart", "huey-sqlite", "flask-postgres")


def rows(*names):
    """The rows of the table, and what was said on the way. One after the other: each takes the port that is free."""
    done = subprocess.run([sys.executable, SCRIPT, "--json", *names], capture_output=True, text=True, check=False)
    return json.loads(done.stdout), done.stderr


def test_what_nobody_prepared_is_served_and_keeps_a_row_and_an_upload():
    found, said = rows(*NAMES)
    assert [(row["name"], row["outcome"]) for row in found] == [(name, "served") for name in NAMES], said


def test_a_python_that_nobody_has_ends_in_its_problem_and_leaves_nothing():
    (row,), said = rows("python-3.15")
    assert row["outcome"].startswith("B001 "), said
    assert row["is_right"], said
