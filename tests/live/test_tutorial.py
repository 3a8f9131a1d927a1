"""The tutorial and the tour of the README do what they say: their commands are typed into a shell, in order."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.ports import free_port

ROOT = Path(__file__).parents[2]
TUTORIAL = ROOT / "docs" / "tutorial.md"
SET_UP = ("make install", "export PATH=$PWD/.venv/bin:$PATH")
"""What the tests have done already."""


def commands(text):
    """What a person types: lines after `$ `, and their continuations after `>`."""
    for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ ") or re.match(r">( |$)", line):
                yield line[2:]


@pytest.fixture
def shell(tmp_path):
    """Runs a script as Ada would: her name is known to git, ours is the `ecluse` on PATH."""
    env = {
        "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(tmp_path),
        **{f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER")
           for what, value in (("NAME", "Ada"), ("EMAIL", "ada@example.org"))},
    }  # fmt: skip

    def run(script):
        return subprocess.run(
            ["/bin/bash", "-euo", "pipefail", "-c", script], cwd=tmp_path, env=env, capture_output=True, text=True,
            check=False,
        )  # fmt: skip

    yield run
    for folder in ("hello", "guest-book"):
        run(f"cd {folder} && ecluse stop")


def typed_at(port, lines):
    """On a port of the test's own."""
    described = lines.index("ecluse init --yes") + 1
    lines = [*lines[:described], f"sed -i 's/^port = .*/port = {port}/' ecluse.toml", *lines[described:]]
    return "\n".join(lines).replace(":8000", f":{port}")


@pytest.mark.live
@pytest.mark.network
def test_the_tour_runs_as_it_is_written(shell, tmp_path):
    shutil.copytree(ROOT / "examples" / "flask-hello", tmp_path / "clone" / "examples" / "flask-hello")
    tour = (ROOT / "README.md").read_text(encoding="utf-8").partition("\n## A tour\n")[2].partition("\n## ")[0]
    lines = list(commands(tour))
    assert tuple(lines[:2]) == SET_UP
    typed = shell("\n".join(["cd clone", typed_at(free_port(), lines[2:])]))
    assert typed.returncode == 0, typed.stdout + typed.stderr
    assert "did not pass" in typed.stdout + typed.stderr
    assert typed.stdout.rstrip().endswith("stopped local")


@pytest.mark.live
@pytest.mark.network
def test_the_tutorial_runs_as_it_is_written(shell):
    typed = shell(typed_at(free_port(), list(commands(TUTORIAL.read_text(encoding="utf-8")))))
    assert typed.returncode == 0, typed.stdout + typed.stderr
    assert "exit 1" in typed.stdout
    assert typed.stdout.rstrip().endswith("stopped local")
