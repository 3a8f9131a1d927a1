"""A step that passes at its third attempt, one that hangs, one that breaks: told alike in a terminal, in a CI, and
without a terminal."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from support import repositories
from support.typed import at_a_terminal

MANIFEST = """
[app]
name = "demo"

[processes.worker]
command = ["sleep", "600"]

[steps.lint]
command = "true"

[steps.thrice]
command = "echo attempt >> {state}/thrice; test $(wc -l < {state}/thrice) = 3"
needs = ["lint"]
retries = 3

[steps.hangs]
command = "cut -d' ' -f1 /proc/uptime >> {state}/hangs; test $(wc -l < {state}/hangs) = 2 || exec sleep 600"
needs = ["thrice"]
timeout = "1s"
retries = 1

[steps.breaks]
command = ["sh", "-c", "exit 3"]
needs = ["hangs"]

[steps.never]
command = "true"
needs = ["breaks"]
"""
ARGUMENTS = ("run", "never", "--jobs", "1")


@pytest.fixture
def shop(tmp_path):
    """A repository, and the folder in which its steps count their attempts."""

    def shop(name):
        state = tmp_path / f"state-{name}"
        state.mkdir()
        files = {"ecluse.toml": MANIFEST.format(state=state), ".gitignore": ".ecluse/\n"}
        return repositories.repository(tmp_path / name, files)[1], state

    return shop


def environment(**more):
    """Without what this test's own CI says."""
    ours = {name: value for name, value in os.environ.items() if name not in {"CI", "GITHUB_ACTIONS", "GITLAB_CI"}}
    return {**ours, **more}


def ecluse(root, *arguments, **env):
    return subprocess.run(
        [sys.executable, "-m", "ecluse", *arguments], cwd=root, env=environment(**env), capture_output=True, text=True,
        stdin=subprocess.DEVNULL, check=False, start_new_session=True,
    )  # fmt: skip


def told(root):
    """What the ledger has of the run: each step's end in its order."""
    lines = ecluse(root, "events", "--json").stdout.splitlines()
    ends = [json.loads(line)["data"] for line in lines if json.loads(line)["kind"] == "StepEnded"]
    return [(end["step"], end["answer"], end["attempts"], tuple(end["evidence"])) for end in ends]


EXPECTED = [
    ("lint", "passed", 1, ()),
    ("thrice", "passed", 3, ("flaky: passed at attempt 3",)),
    ("hangs", "passed", 2, ("flaky: passed at attempt 2",)),
    ("breaks", "failed", 1, ("exit code 3",)),
    ("never", "not_run", 0, ("it needs breaks, which did not pass",)),
]


def test_without_a_terminal_with_three_logs_and_a_record(shop):
    root, state = shop("plain")
    done = ecluse(root, *ARGUMENTS, "--json")
    assert done.returncode == 1, done.stderr
    steps = {step["name"]: step for step in json.loads(done.stdout)["steps"]}
    assert told(root) == EXPECTED
    assert steps["thrice"]["flaky"]
    logs = [Path(log) for log in steps["thrice"]["logs"]]
    assert [log.name for log in logs] == ["thrice.log", "thrice.2.log", "thrice.3.log"]
    assert all(log.exists() for log in logs)
    assert "flaky" in ecluse(root, "history", "--steps").stdout.splitlines()[0]
    known = {step["name"]: step for step in json.loads(ecluse(root, "history", "--steps", "--json").stdout)["steps"]}
    assert (known["thrice"]["flaky"], known["thrice"]["flaky_last"]["attempts"], known["lint"]["flaky"]) == (1, 3, 0)
    first, second = map(float, (state / "hangs").read_text().split())
    assert second - first < 3, "a hang ends within its time-out and 2 s"


def test_in_a_ci(shop):
    root, _ = shop("ci")
    assert ecluse(root, *ARGUMENTS, CI="true").returncode == 1
    assert told(root) == EXPECTED


def test_in_a_terminal(shop):
    root, _ = shop("terminal")
    with at_a_terminal(root, environment(), *ARGUMENTS) as person:
        person.sees("thrice.*flaky: passed at attempt 3")
        assert person.ends() == 1
    assert told(root) == EXPECTED


def test_a_flaky_step_can_stop(shop):
    root, _ = shop("strict")
    with (root / "ecluse.toml").open("a") as file:
        file.write("[gates]\nflaky = 0\n")
    repositories.commit(root, "feat: no flaky step")
    done = ecluse(root, "run", "thrice", "--json")
    assert done.returncode == 1
    last = json.loads(done.stdout)["steps"][-1]
    assert (last["name"], last["verdict"]) == ("gates.flaky", "failed")
    assert last["evidence"] == ["1 flaky step, 0 at most", "thrice passed at attempt 3"]
