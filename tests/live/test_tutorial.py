"""The tutorial does what it says: its commands are typed into a shell, one block after the other."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from support.ports import free_port

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorial.md"


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
    run("cd hello && ecluse stop")


@pytest.mark.live
@pytest.mark.network
def test_the_tutorial_runs_as_it_is_written(shell):
    port = free_port()
    lines = list(commands(TUTORIAL.read_text(encoding="utf-8")))
    described = lines.index("ecluse init --yes") + 1
    lines.insert(described, f"sed -i 's/^port = .*/port = {port}/' ecluse.toml")
    script = "\n".join(lines).replace(":8000", f":{port}")
    typed = shell(script)
    assert typed.returncode == 0, typed.stdout + typed.stderr
    assert "exit 1" in typed.stdout
    assert typed.stdout.rstrip().endswith("stopped local")
