"""prek and pre-commit with the file that the documentation shows: real ones, real git."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from uv import find_uv_bin

from support import repositories
from support.hooks import MANIFEST

pytestmark = [pytest.mark.live, pytest.mark.network, pytest.mark.once]
DOCS = Path(__file__).parents[2] / "docs" / "how-to" / "hooks.md"
SHOWN = re.search(r"```yaml\n(.*?)```", DOCS.read_text(), re.DOTALL)[1]
PINNED = {"prek": "0.5.11", "pre-commit": "4.7.0"}


@pytest.mark.parametrize("tool", PINNED)
def test_the_file_of_the_documentation_refuses_what_is_staged_and_what_is_said(tool, tmp_path):
    there = tmp_path / "there"
    asked = f"{tool}=={PINNED[tool]}"
    for arguments in (("venv", "-p", sys.executable, there), ("pip", "install", "-p", there, asked)):
        subprocess.run((find_uv_bin(), *arguments), check=True, capture_output=True)
    (there / "bin" / "ecluse").write_text(f'#!/bin/sh\nexec {sys.executable} -m ecluse "$@"\n')
    (there / "bin" / "ecluse").chmod(0o755)
    files = {"ecluse.toml": MANIFEST, "state": "good\n", ".pre-commit-config.yaml": SHOWN}
    root = repositories.repository(tmp_path / "repository", files)[1]
    env = {
        **os.environ, "PATH": f"{there / 'bin'}:{os.environ['PATH']}", "XDG_CACHE_HOME": str(tmp_path / "cache"),
        **{f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }  # fmt: skip

    def run(*words):
        return subprocess.run(words, cwd=root, env=env, capture_output=True, text=True, check=False)

    assert run(tool, "install", "-t", "pre-commit", "-t", "commit-msg").returncode == 0
    (root / "state").write_text("bad\n")
    run("git", "add", "state")
    (root / "state").write_text("good, not staged\n")
    refused = run("git", "commit", "-m", "fix: bad")
    assert (refused.returncode, "✗ good" in refused.stdout + refused.stderr) == (1, True)
    run("git", "add", "state")
    (root / "state").write_text("bad, not staged\n")
    unsaid = run("git", "commit", "-m", "anything")
    assert (unsaid.returncode, "C011" in unsaid.stdout + unsaid.stderr) == (1, True)
    assert run("git", "commit", "-m", "fix: good").returncode == 0
    assert run("git", "show", "HEAD:state").stdout == "good, not staged\n"
