"""The main job, by the real command line on the real process target."""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support.shop import Customers

pytestmark = pytest.mark.network


def test_a_commit_is_shipped_swapped_and_taken_back(shop):
    first = shop.json("ship")
    assert first["outcome"] == "shipped"
    assert {"environment", "release", "version", "commit", "url", "seconds", "gates", "timeline"} <= first.keys()
    assert shop.get() == ("shop one", first["version"])

    shop.sell("two")
    with Customers(shop.url) as customers:
        second = shop.json("ship")
        done_at = time.time()
        time.sleep(0.3)  # so that there are connections opened after the deploy reported done
        assert shop.get() == ("shop two", second["version"])
        back = shop.json("rollback")
        assert shop.get() == ("shop one", first["version"])
    customers.lost_nothing()
    assert back["outcome"] == "rolled_back"
    between = [release for opened, release in customers.tally["openings"] if done_at < opened < done_at + 0.3]
    assert set(between) <= {second["version"]}

    history = shop.json("history")
    assert [one["verb"] for one in history["deployments"]] == ["rollback", "ship", "ship"]


def test_files_may_have_any_name(shop):
    for name in (b"two words.txt", b"two\nlines.txt", b"caf\xe9.txt", "écluse.txt".encode()):
        (shop.root / os.fsdecode(name)).write_text("there\n")
    (shop.root / "link").symlink_to(os.fsdecode(b"caf\xe9.txt"))
    (shop.root / "loop").symlink_to("loop")
    shop.commit("feat: names")
    assert shop.json("ship")["outcome"] == "shipped"
    listed = shop.ecluse("exec", "--", "python", "-c", "import os; print(sorted(os.listdir(b'.')))").stdout
    for name in ("two words", "two\\nlines", "caf\\xe9", "\\xc3\\xa9cluse", "link", "loop"):
        assert name in listed


def test_stop_leaves_nothing_running_and_ship_starts_again(serving):
    pids = [
        process["pid"] for slot in serving.json("status")["environments"][0]["slots"] for process in slot["processes"]
    ]
    assert serving.json("stop")["outcome"] == "stopped"
    assert [pid for pid in pids if is_alive(pid)] == []
    (local,) = serving.json("status")["environments"]
    assert (local["health"], local["phase"]) == ("down", "stopped")
    assert serving.json("ship")["outcome"] == "shipped"


def test_a_command_that_is_not_there_is_told_as_such_and_what_is_piped_is_read(serving):
    done = serving.ecluse("exec", "--", "nosuch")
    assert done.returncode == 1
    assert "can't start nosuch" in done.stderr
    assert "K041" in done.stderr
    assert "ecluse.toml" not in done.stderr
    assert "left unread" not in done.stderr
    for more, printed, unread in (((), "select 1", 0), (("--json",), "", 1)):
        argv = [sys.executable, "-m", "ecluse", "exec", *more, "--", "cat"]
        piped = subprocess.run(
            argv, cwd=serving.root, env=serving.env, input="select 1", capture_output=True, text=True, check=True
        )
        output = json.loads(piped.stdout)["output"] if more else piped.stdout
        assert (output, piped.stderr.count("left unread")) == (printed, unread)


def test_a_dry_run_changes_nothing(shop):
    planned = shop.json("ship", "--dry-run")
    assert planned["outcome"] == "planned"
    assert planned["moves"][0] == "stage"
    assert shop.json("status")["environments"][0]["phase"] == "empty"


def test_a_taken_port_is_told_before_any_step_runs(shop):
    with socket.create_server(("127.0.0.1", shop.port)):
        for words in (("ship", "--dry-run"), ("ship",)):
            refused = shop.json(*words, code=1)
            assert [problem["code"] for problem in refused["problems"]] == ["K020"], words
            assert not refused.get("gates")
        told = {one["name"]: one for one in shop.json("doctor", code=1)["findings"]}["port of local"]
        assert "pid" in told["detail"]
    assert shop.json("ship", "--dry-run")["outcome"] == "planned"


def test_an_environment_that_serves_is_not_moved_to_another_port_by_a_ship(serving):
    manifest = (serving.root / "ecluse.toml").read_text()
    serving.write("ecluse.toml", manifest.replace(f"port = {serving.port}", f"port = {serving.port + 1}"))
    serving.commit("build: another port")
    for words in (("ship", "--dry-run"), ("ship",)):
        refused = serving.json(*words, code=1)
        assert [problem["code"] for problem in refused["problems"]] == ["K021"], words
        assert not refused.get("timeline")
    assert serving.get()[0] == "shop one"


def test_the_working_tree_ships_only_when_asked_for(serving):
    serving.write("shop.py", (serving.root / "shop.py").read_text().replace("one", "draft"))
    assert serving.json("ship")["outcome"] == "unchanged"
    dirty = serving.json("ship", "--dirty")
    assert serving.get() == ("shop draft", dirty["version"])
    assert ".dirty." in dirty["version"]


def test_the_manifest_is_that_of_the_commit(serving):
    manifest = (serving.root / "ecluse.toml").read_text()
    failing = manifest + '\n[steps.lint]\ncommand = ["false"]\n'
    serving.write("ecluse.toml", failing)
    serving.git("commit", "--quiet", "--allow-empty", "-m", "feat: something else")
    said = serving.ecluse("ship")
    assert said.returncode == 0, said.stderr
    assert "ecluse.toml differs from the one in" in said.stderr
    serving.commit("build: a linter")
    assert serving.json("ship", code=1)["outcome"] == "halted"
    assert serving.json("ship", "--commit", "HEAD~1")["outcome"] == "unchanged"


def test_a_manifest_that_is_not_committed_yet_is_used_and_said(shop):
    shop.git("rm", "--quiet", "--cached", "ecluse.toml")
    shop.git("commit", "--quiet", "-m", "feat: as before init")
    said = shop.ecluse("ship", "--dry-run")
    assert said.returncode == 0, said.stderr
    lines = [line for line in said.stderr.splitlines() if "committed" in line or "manifest" in line]
    assert "the manifest isn't in" in lines[0]
    assert "whatever else isn't committed is left out" in lines[1]
    shop.commit("build: the manifest")
    shop.write("README", "what is not committed")
    assert "  what isn't committed is left out" in shop.ecluse("ship", "--dry-run").stderr


def test_of_a_package_it_is_said_that_nothing_will_run(shop):
    shop.write("ecluse.toml", '[app]\nname = "tally"\n')
    shop.commit("build: a package")
    assert "declares no process: nothing will run; `ecluse release`" in shop.ecluse("ship", "--dry-run").stderr


def test_a_failing_step_stops_before_anything_moves(serving):
    manifest = (serving.root / "ecluse.toml").read_text()
    serving.write("ecluse.toml", manifest + '\n[steps.lint]\ncommand = ["/bin/sh", "-c", "echo no good; exit 7"]\n')
    serving.sell("two")
    halted = serving.json("ship", code=1)
    assert halted["outcome"] == "halted"
    gate, untested = halted["gates"]
    assert (gate["name"], gate["verdict"]) == ("lint", "failed")
    assert (untested["name"], untested["verdict"]) == ("tests", "not_checked")
    assert any("no good" in fact for fact in gate["evidence"])
    assert serving.get()[0] == "shop one"


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_release_is_not_deployed_where_it_does_not_pass_the_gates(serving):
    manifest = (serving.root / "ecluse.toml").read_text()
    serving.write("ecluse.toml", manifest + '\n[steps.test]\ncommand = ["sh", "-c", "echo not good; exit 1"]\n')
    serving.sell("two")
    assert serving.json("release")["outcome"] == "released"
    halted = serving.json("deploy", code=1)
    assert (halted["outcome"], halted["problems"][0]["code"]) == ("halted", "E020")
    assert {gate["name"]: gate["verdict"] for gate in halted["gates"]} == {
        "test": "failed", "tests": "not_checked",
    }  # fmt: skip
    assert serving.get()[0] == "shop one"
    serving.write("ecluse.toml", manifest + '\n[steps.test]\ncommand = ["true"]\n')
    serving.commit("fix: the test")
    assert serving.json("release")["outcome"] == "released"
    deployed = serving.json("deploy")
    assert (deployed["outcome"], deployed["gates"][0]["name"]) == ("deployed", "test")
    assert serving.get()[0] == "shop two"
