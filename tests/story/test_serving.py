"""Asked of a release that serves, and changing nothing: one shop is enough for all of it."""

import json
import subprocess
import sys

import pytest

from support.shop import open_shop

pytestmark = pytest.mark.network


@pytest.fixture(scope="module")
def serving(tmp_path_factory):
    opened = open_shop(tmp_path_factory.mktemp("serving") / "shop")
    assert opened.json("ship")["outcome"] == "shipped"
    yield opened
    opened.ecluse("stop")


def test_a_one_off_command_runs_in_the_release_that_serves(serving):
    ran = json.loads(serving.ecluse("exec", "--json", "--", "python", "-c", "import shop; print(shop.VERSION)").stdout)
    assert (ran["exit_code"], ran["output"]) == (0, "one\n")
    said = serving.ecluse("exec", "--", "sh", "-c", "echo no; exit 7")
    assert (said.returncode, said.stdout) == (7, "no\n")
    late = serving.ecluse("exec", "--timeout", "1", "--", "sleep", "60")
    assert late.returncode == 1
    assert "`sleep 60` did not end within 0:00:01   [D034]" in late.stderr


def test_a_second_ship_of_the_same_commit_changes_nothing(serving):
    again = serving.json("ship")
    assert again["outcome"] == "unchanged"
    assert [(gate["name"], gate["verdict"]) for gate in again["gates"]] == [("tests", "not_checked")]
    assert "! not tested: the manifest declares no step of the group `test`" in serving.ecluse("ship").stdout
    assert again["url"] == serving.url.rstrip("/")


def test_status_says_what_serves(serving):
    (local,) = serving.json("status")["environments"]
    assert (local["name"], local["health"], local["phase"]) == ("local", "healthy", "serving")
    assert local["version"] == serving.get()[1]
    serving_slot = next(slot for slot in local["slots"] if slot["weight"] == 100)
    assert {"name", "release", "weight", "state", "processes"} <= serving_slot.keys()
    assert serving_slot["processes"][0].keys() >= {"name", "pid", "restarts"}


def test_a_rollback_without_a_release_before_is_refused(serving):
    refused = serving.json("rollback", code=1)
    assert refused["problems"][0]["code"] == "D030"
    assert (refused["outcome"], refused["environment"], refused["gates"], refused["timeline"]) == (
        "halted",
        "local",
        [],
        [],
    )
    assert serving.get()[0] == "shop one"


def test_the_ledger_keeps_an_unbroken_chain(serving):
    assert serving.json("events", "--verify")["ok"] is True


def test_colours_are_left_out_when_they_are_not_wanted(serving):
    painted = ["script", "-qec", f"{sys.executable} -m ecluse status", "/dev/null"]
    for more, seen in (({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)):
        env = {**serving.env, "TERM": "xterm", "NO_COLOR": "", **more}
        said = subprocess.run(painted, cwd=serving.root, env=env, capture_output=True, text=True, check=True).stdout
        assert "healthy" in said
        assert ("\x1b[" in said) is seen
