"""`ecluse security`, as far as no scanner is needed for it."""

import json

import pytest
from click.testing import CliRunner

from ecluse.cli.main import cli
from ecluse.cli.security import shown
from ecluse.loop.security.verb import Scanned
from ecluse.loop.test.verb import StepsDone
from ecluse.model.ids import Commit
from support import repositories

MANIFEST = '[app]\nname = "demo"\n[processes.worker]\ncommand = ["sleep", "600"]\n'


@pytest.fixture
def ecluse(tmp_path):
    def ecluse(text, *arguments, **files):
        root = repositories.repository(tmp_path / "repository", {"ecluse.toml": MANIFEST + text, **files})[1]
        done = CliRunner().invoke(cli, ["security", "--directory", str(root), *arguments])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done

    return ecluse


def test_without_a_gate_it_says_so(ecluse):
    done = ecluse("", "--json")
    assert done.exit_code == 2
    assert json.loads(done.stdout)["problems"][0]["code"] == "V028"


def test_what_would_be_done_is_shown(ecluse):
    done = ecluse("[security]\n", "--dry-run")
    assert (done.exit_code, done.stdout) == (0, "would run security: built in\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ("baseline",),
        ("baseline", "--until", "2099-01-01"),
        ("baseline", "--until", "2099-01-01", "--reason", " "),
        ("baseline", "--until", "soon", "--reason", "x"),
        ("scan", "0123"),
        ("scan", "--reason", "x"),
    ],
)
def test_wrong_usage(ecluse, arguments):
    assert ecluse("[security]\n", *arguments).exit_code == 2


def test_a_day_that_is_over_accepts_nothing(ecluse):
    done = ecluse("[security]\n", "baseline", "--until", "2020-01-01", "--reason", "x", "--json")
    assert json.loads(done.stdout)["problems"][0]["code"] == "V026"


def test_an_environment_that_is_not_there(ecluse):
    assert json.loads(ecluse("[security]\n", "--env", "moon", "--json").stdout)["problems"][0]["code"] == "M090"


def test_where_the_gate_itself_failed_nothing_is_accepted(ecluse):
    text = '[security]\nscanners = ["workflows"]\n'
    accept = ("baseline", "--until", "2099-01-01", "--reason", "x")
    done = ecluse(text, *accept, **{"security-baseline.toml": "accepted = ["})
    assert (done.exit_code, "[V024]" in done.stdout) == (1, True)


def test_what_is_open_is_shown_with_its_way_out(capsys):
    one = {"fingerprint": "3f0c-9a1b-22d4-7e65", "scanner": "code", "rule": "B602", "place": "app.py", "line": 3}
    done = StepsDone(outcome="failed", run="run-1", commit=Commit("c0ffee"), dirty=False, seconds=1, verdicts=())
    shown(Scanned(done=done, report={"findings": [one], "not_checked": []}), as_json=False)
    assert "  3f0c-9a1b-22d4-7e65  code: B602, app.py:3\nmend it, or answer for it: ecluse security baseline" in (
        capsys.readouterr().out
    )
