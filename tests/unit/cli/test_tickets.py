"""`ecluse tickets`: what it prints."""

import json
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from ecluse.cli import tickets
from ecluse.ledger.sqlite.ledger import SqliteLedger
from ecluse.model.events.tickets import TrackerFailed
from ecluse.system.clock import SystemClock
from support import trackers
from support.repositories import repository
from support.tickets import named

MANIFEST = """
app.name = "shop"
[processes.worker]
command = "work"
[environments.local]
[environments.production]
port = 8001
[tickets]
tracker = "github"
url = "{url}"
project = "acme/shop"
on_deploy = {{production = "closed"}}
"""


class At:
    """A repository beside its tracker."""

    def __init__(self, folder, mock):
        self.root = repository(folder / "shop", {"ecluse.toml": MANIFEST.format(url=mock.url)})[1]
        self.path, self.mock = folder / "home" / "ledger.db", mock

    def add(self, *facts):
        self.path.parent.mkdir(exist_ok=True)
        ledger = SqliteLedger(self.path, SystemClock(), "anne@here")
        ledger.append(*facts)
        ledger.close()

    def run(self, *words):
        return CliRunner().invoke(tickets.command, ["-C", str(self.root), *words])


@pytest.fixture
def at(tmp_path, monkeypatch):
    monkeypatch.setenv("ECLUSE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TICKETS_TOKEN", trackers.TOKEN)
    with trackers.served(trackers.Github("#1", "#2"), checks=False) as mock:
        yield At(tmp_path, mock)


def test_nothing_waits(at):
    assert at.run().stdout == "every ticket is told\n"
    assert at.run("sync").stdout == "every ticket is told\n"
    assert json.loads(at.run("--json").stdout)["outcome"] == "told"


def test_what_waits_is_told_by_sync(at):
    at.add(named("#1", "#2", happening="deploy", environment="production"))
    assert at.run().stdout == "waits: deploy of 1.4.0 in production: #1, #2\n"
    done = at.run("sync")
    assert done.stdout == (
        "#1: told, moved to closed: deploy of 1.4.0 in production\n"
        "#2: told, moved to closed: deploy of 1.4.0 in production\n"
    )
    assert done.exit_code == 0


def test_what_awaits_its_deployment_is_expected(at):
    at.add(named("#1", happening="deploy", environment="production", awaits="d-1"))
    document = json.loads(at.run("--json").stdout)
    assert (document["waiting"], [one["version"] for one in document["expected"]]) == ([], ["1.4.0"])


def test_a_tracker_that_fails_is_told_with_when_it_is_asked_again(at):
    at.add(named("#1"), TrackerFailed(code="T001", why="GitHub can't be reached: HTTP 503"))
    out = at.run().stdout
    assert "the tracker failed 1 time in a row: GitHub can't be reached: HTTP 503 [T001]; the next command after" in out
    document = json.loads(at.run("status", "--json").stdout)
    again = datetime.fromisoformat(document["next_try"])
    assert f"after {again.astimezone():%Y-%m-%d %H:%M:%S} tries again" in out
    assert datetime.fromisoformat(document["next_try"]) > datetime(2020, 1, 1, tzinfo=UTC)


def test_what_is_still_to_be_told_after_a_sync_is_exit_5(at):
    at.add(named("#1"))
    at.mock.script = [(503, {})]
    done = at.run("sync")
    assert done.exit_code == 5
    assert "[T013]" in done.stderr
    at.mock.script = [(503, {})]
    document = json.loads(at.run("sync", "--json").stdout)
    assert (document["outcome"], [one["code"] for one in document["problems"]]) == ("waiting", ["T001"])
