"""Ctrl-C outside a deployment: what was begun on the hosts ends too."""

import json
import os
import signal

import pytest

from support.fleet import is_zombie, open_chain, until

pytestmark = [pytest.mark.fault, pytest.mark.network]
NAMES = ("a", "b", "c")


def held(home):
    """Who holds the lease, as its file says."""
    path = home / "lease.json"
    return json.loads(path.read_text().partition("\n")[2])["holder"] if path.exists() else None


def test_an_interrupted_one_off_command_is_ended_on_the_host(serving, tmp_path):
    told = tmp_path / "pids"
    script = f"setsid sh -c 'echo $$ >> {told}; sleep 300' & echo $$ >> {told}; wait"
    asking = serving.begin("exec", "--", "sh", "-c", script)
    pids = until(lambda: told.exists() and len(found := told.read_text().split()) == 2 and found, 30)
    asking.send_signal(signal.SIGINT)
    said = asking.communicate(timeout=30)[1]
    assert (asking.returncode, "was ended" in said, "D035" in said) == (130, True, True), said
    assert all(is_zombie(int(pid)) for pid in pids)
    assert serving.json("status")["environments"][0]["lease"] is None


@pytest.fixture
def chain(tmp_path):
    made = open_chain(tmp_path / "shop", NAMES, lease="20s")
    yield made
    made.end()


def test_an_interrupt_while_the_lease_is_taken_leaves_no_host_held(chain):
    assert chain.shop.json("ship")["outcome"] == "shipped"
    silent = chain.keeper("c")
    os.kill(silent, signal.SIGSTOP)
    chain.shop.sell("two")
    deployer = chain.shop.begin("ship")
    until(lambda: held(chain.home("b")), 60)
    deployer.send_signal(signal.SIGINT)
    deployer.communicate(timeout=30)
    assert deployer.returncode == 130
    assert {host: held(chain.home(host)) for host in "ab"} == {"a": None, "b": None}
    os.kill(silent, signal.SIGCONT)
    until(lambda: held(chain.home("c")) is None, 10)
    assert chain.shop.json("ship")["outcome"] == "shipped"


def test_an_interrupt_while_tests_run_says_that_nothing_was_deployed(serving, tmp_path):
    runs, before = tmp_path / "runs", serving.get()
    manifest = (serving.root / "ecluse.toml").read_text()
    command = json.dumps(["sh", "-c", f"touch {runs}; sleep 300"])
    serving.write("ecluse.toml", f"{manifest}\n[steps.slow]\ncommand = {command}\ngate = true\n")
    serving.sell("two")
    asking = serving.begin("ship")
    until(runs.exists, 60)
    asking.send_signal(signal.SIGINT)
    said = asking.communicate(timeout=30)[1]
    assert (asking.returncode, "D023" in said, "nothing was deployed" in said) == (130, True, True), said
    assert serving.json("status")["environments"][0]["lease"] is None
    assert serving.get() == before
