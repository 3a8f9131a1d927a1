"""`ecluse history --runs` and `--steps`, and what `check`, `test` and `run` leave for them."""

import json

import pytest
from click.testing import CliRunner

from ecluse.cli.main import cli
from ecluse.ledger.sqlite.ledger import SqliteLedger
from ecluse.model.events.runs import RunEnded, RunStarted, StepEnded
from ecluse.system.clock import SystemClock
from support import repositories

pytestmark = pytest.mark.once  # slow, and not about Python

MANIFEST = """
[app]
name = "demo"

[processes.worker]
command = ["sleep", "600"]

[steps.docs]
command = "true"
paths = ["docs/**"]

[steps.each]
command = "true"

[steps.each.matrix]
env.DB = ["a", "b"]
"""


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("ECLUSE_HOME", str(tmp_path / "home"))
    return repositories.repository(tmp_path / "repository", {"ecluse.toml": MANIFEST, "docs/a": ""})[1]


@pytest.fixture
def ecluse(root):
    def ecluse(*arguments):
        done = CliRunner().invoke(cli, [*arguments, "--directory", str(root)])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done

    return ecluse


@pytest.fixture
def recorded(tmp_path):
    """Append events."""

    def recorded(*facts):
        ledger = SqliteLedger(tmp_path / "home" / "ledger.db", SystemClock(), "ada@here")
        ledger.append(*facts)
        ledger.close()

    return recorded


def test_nothing_ran_yet(ecluse):
    assert ecluse("history", "--runs").stdout == "nothing ran yet; begin with: ecluse test\n"
    assert ecluse("history", "--steps").stdout == "no step ran yet; begin with: ecluse test\n"


def test_a_run_that_is_not_over_or_was_killed_says_so(ecluse, recorded):
    recorded(RunStarted(run="run-1", verb="test", commit="c" * 40))
    recorded(RunStarted(run="run-2", verb="test", commit="d" * 40))
    recorded(RunEnded(run="run-1", outcome="killed", seconds=0, why="it ended without a word: killed"))
    shown = ecluse("history", "--runs").stdout
    assert [line.split()[4] for line in shown.splitlines()[1:3]] == ["unfinished", "killed"]
    assert "  it ended without a word: killed" in shown
    runs = json.loads(ecluse("history", "--runs", "--json", "--limit", "1").stdout)
    assert [(run["run"], run["outcome"]) for run in runs["runs"]] == [("run-2", "unfinished")]
    assert runs["before"] == 2


def test_flaky_steps_are_counted(ecluse, recorded):
    told = {"run": "run-1", "step": "e2e", "seconds": 1, "log": "/log"}
    recorded(StepEnded(answer="passed", attempts=3, **told), StepEnded(answer="failed", attempts=4, **told))
    assert ecluse("history", "--steps").stdout.splitlines()[1].split()[:5] == ["e2e", "2", "1", "1", "failed"]
    (step,) = json.loads(ecluse("history", "--steps", "--json").stdout)["steps"]
    assert (step["runs"], step["passed"], step["flaky"], step["flaky_last"]["attempts"]) == (2, 1, 1, 3)


@pytest.mark.parametrize("arguments", [("--runs", "--steps"), ("--steps", "local"), ("--steps", "--before", "3")])
def test_lists_that_exclude_each_other(ecluse, arguments):
    assert ecluse("history", *arguments).exit_code == 2


def test_cells_and_skipped_steps_are_shown_and_counted(ecluse, root):
    planned = json.loads(ecluse("run", "each", "--dry-run", "--json").stdout)["steps"]
    assert [(step["name"], step["of"], step["cell"]) for step in planned] == [
        ("each[a]", "each", {"DB": "a"}), ("each[b]", "each", {"DB": "b"}),
    ]  # fmt: skip
    assert ecluse("run", "docs", "each").exit_code == 0
    repositories.commit(root, "feat: more", {"README": ""})
    done = ecluse("run", "docs", "each[a]")
    assert done.exit_code == 0
    assert "1 of 2 passed, 1 skipped at " in done.stdout
    shown = json.loads(ecluse("history", "--runs", "--json").stdout)["runs"]
    assert [run["steps"]["passed"] for run in shown] == [1, 3]
    assert shown[0]["steps"]["skipped"] == 1
    why = json.loads(ecluse("why", "each", "--json").stdout)
    assert [one["step"] for one in why["cells"]] == ["each[a]", "each[b]"]
    assert json.loads(ecluse("why", "each[a]", "--json").stdout)["cached"]


def test_a_commit_to_compare_with(ecluse, root):
    repositories.commit(root, "feat: more", {"README": ""})
    done = ecluse("run", "docs", "--since", "HEAD~1", "--json")
    assert [step["verdict"] for step in json.loads(done.stdout)["steps"]] == ["skipped"]
    assert ecluse("run", "docs", "--since", "HEAD~1", "--dirty").exit_code == 2
    assert ecluse("run", "docs", "--since", "nowhere").exit_code == 2
