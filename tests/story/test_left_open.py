"""A command ends what it opened before its event loop does."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.network
EAGER = """
import gc, sys
gc.set_threshold(1)
from ecluse.cli.main import main
sys.argv = ["ecluse", *sys.argv[1:]]
main()
"""


def test_no_connection_is_left_to_the_collector(serving):
    serving.sell("two")
    for words in (("status",), ("doctor",), ("logs",), ("ship", "--dry-run")):
        done = subprocess.run(
            [sys.executable, "-W", "default::ResourceWarning", "-c", EAGER, *words], cwd=serving.root,
            env=serving.env, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert "was destroyed" not in done.stderr, words
        assert "unclosed" not in done.stderr, words
