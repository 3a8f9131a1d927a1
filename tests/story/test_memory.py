"""What a person is told about the past: `ecluse history` and `ecluse events`."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from ecluse.cli import events as events_command
from ecluse.cli import history as history_command
from ecluse.ledger.sqlite.ledger import SqliteLedger
from ecluse.model.events.deployments import DeploymentCommitted, DeploymentReverted, DeploymentStarted
from ecluse.model.events.policies import PolicyOverridden
from ecluse.model.events.releases import ReleaseMade

COMMIT = "c" * 40


class Ticking:
    def __init__(self):
        self._now = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self):
        self._now += timedelta(seconds=1)
        return self._now

    def monotonic(self):
        return 0.0

    async def sleep(self, seconds):
        raise NotImplementedError


def deployed(number, environment="local", *, why=""):
    fields = {"environment": environment, "deployment": f"d-{number}", "release": "r-1", "version": f"1.{number}.0"}
    ended = DeploymentReverted(**fields, why=why) if why else DeploymentCommitted(**fields, slot="blue")
    return DeploymentStarted(**fields, slot="blue"), ended


@pytest.fixture
def repository(tmp_path):
    (tmp_path / ".git").mkdir()
    ledger = SqliteLedger(tmp_path / ".ecluse" / "ledger.db", Ticking(), "ada@lock")
    ledger.append(ReleaseMade(release="r-1", version="1.0.0", commit=COMMIT, bundle="b", config="m"))
    for fact in (*deployed(0), *deployed(1, "production"), *deployed(2, why="health 500")):
        ledger.append(fact)
    ledger.close()
    return tmp_path


def run(module, repository, *arguments):
    return CliRunner().invoke(module.command, ["-C", str(repository), *arguments], catch_exceptions=False)


def history(repository, *arguments):
    return run(history_command, repository, *arguments)


def told(repository, *arguments):
    return run(events_command, repository, *arguments)


def test_history_is_newest_first_and_says_how_it_ended(repository):
    lines = history(repository).stdout.splitlines()
    assert "1.2.0" in lines[1]
    assert "reverted" in lines[1]
    assert lines[2].strip() == "health 500"
    assert "production" in lines[3]
    assert lines[4].split()[2:] == ["local", "deploy", "1.0.0", COMMIT[:10], "committed", "1.0", "ada@lock"]


def test_history_of_one_environment(repository):
    document = json.loads(history(repository, "production", "--json").stdout)
    assert [entry["version"] for entry in document["deployments"]] == ["1.1.0"]


def test_history_has_stable_keys(repository):
    (entry, *_) = json.loads(history(repository, "--json", "--limit", "1").stdout)["deployments"]
    assert entry == {
        "number": 6, "deployment": "d-2", "environment": "local", "when": "2026-01-01T00:00:06+00:00",
        "verb": "deploy", "version": "1.2.0", "release": "r-1", "commit": COMMIT, "slot": "blue",
        "outcome": "reverted", "seconds": 1.0, "who": "ada@lock", "why": "health 500", "reason": "health 500",
        "override": None, "moves": [],
    }  # fmt: skip


def test_history_shows_an_override_with_its_reason(repository):
    ledger = SqliteLedger(repository / ".ecluse" / "ledger.db", Ticking(), "ada@lock")
    why = {"by": "ada@lock", "why": "the shop is down", "policies": ("policy.freeze", "policy.approvals")}
    ledger.append(PolicyOverridden(environment="local", release="r-1", version="1.3.0", **why), *deployed(3))
    ledger.close()
    (newest, older) = json.loads(history(repository, "--json", "--limit", "2").stdout)["deployments"]
    assert newest["override"] == {**why, "policies": ["policy.freeze", "policy.approvals"]}
    assert older["override"] is None
    lines = history(repository).stdout.splitlines()
    assert lines[2].strip() == "policy.freeze, policy.approvals overridden by ada@lock: the shop is down"


def test_history_is_paged(repository):
    first = json.loads(history(repository, "--json", "--limit", "2").stdout)
    second = json.loads(history(repository, "--json", "--before", str(first["before"])).stdout)
    assert [entry["number"] for page in (first, second) for entry in page["deployments"]] == [6, 4, 2]
    assert second["before"] is None


def test_history_names_the_next_page(repository):
    assert "ecluse history --before 6" in history(repository, "--limit", "1").stdout


def test_nothing_recorded_is_no_error_and_leaves_nothing_behind(tmp_path):
    (tmp_path / ".git").mkdir()
    assert "ecluse ship" in history(tmp_path).stdout
    assert told(tmp_path, "--json").stdout == ""
    assert [file.name for file in tmp_path.iterdir()] == [".git"]


def test_events_are_one_a_line(repository):
    documents = [json.loads(line) for line in told(repository, "--json").stdout.splitlines()]
    assert [document["number"] for document in documents] == list(range(1, 8))
    assert documents[0]["kind"] == "ReleaseMade"
    assert documents[1]["previous"] == documents[0]["hash"]


def test_events_can_be_narrowed(repository):
    lines = told(repository, "local", "--after", "2", "--limit", "2", "--json").stdout.splitlines()
    assert [json.loads(line)["number"] for line in lines] == [3, 6]


def test_events_for_people_leave_out_what_is_empty(repository):
    line = told(repository, "--limit", "1").stdout
    assert "ReleaseMade" in line
    assert "notes=" not in line


def test_a_whole_chain_is_said_with_its_head(repository):
    verified = told(repository, "--verify")
    assert verified.exit_code == 0
    assert verified.stdout.startswith("7 events, an unbroken chain; its head is ")


def test_an_anchor_shows_a_ledger_that_was_cut_and_written_anew(repository):
    newest = json.loads(told(repository, "--json").stdout.splitlines()[-1])
    anchor = f"{newest['number']}:{newest['hash']}"
    assert told(repository, "--verify", "--anchor", anchor).exit_code == 0
    (repository / ".ecluse" / "ledger.db").unlink()
    assert told(repository, "--verify").exit_code == 0
    cut = told(repository, "--verify", "--anchor", anchor)
    assert cut.exit_code == 1
    assert "cut and written anew" in cut.stderr


def test_an_anchor_that_is_none_is_wrong_usage(repository):
    assert told(repository, "--verify", "--anchor", "nonsense").exit_code == 2


def test_an_edited_ledger_is_named_and_exits_1(repository):
    with closing(sqlite3.connect(repository / ".ecluse" / "ledger.db", isolation_level=None)) as connection:
        connection.execute("DROP TRIGGER events_are_not_edited")
        connection.execute(
            "UPDATE events SET canonical = replace(canonical, 'health 500', 'all well') WHERE number = 7"
        )
    verified = told(repository, "--verify")
    assert verified.exit_code == 1
    assert "event 7 was edited" in verified.stderr
    assert "L007" in verified.stderr
    in_json = told(repository, "--verify", "--json")
    assert (in_json.exit_code, json.loads(in_json.stdout)["broken_at"]) == (1, 7)


def test_what_is_shown_is_made_anew_from_the_events(repository):
    with closing(sqlite3.connect(repository / ".ecluse" / "ledger.db", isolation_level=None)) as connection:
        before = connection.execute("SELECT * FROM deployments").fetchall()
        connection.execute("DELETE FROM deployments")
    rebuilt = told(repository, "--rebuild")
    assert (rebuilt.exit_code, rebuilt.stdout) == (0, "7 events folded; what is shown of them was made anew\n")
    with closing(sqlite3.connect(repository / ".ecluse" / "ledger.db")) as connection:
        assert connection.execute("SELECT * FROM deployments").fetchall() == before
    assert before
    assert json.loads(told(repository, "--rebuild", "--json").stdout) == {"events": 7}
