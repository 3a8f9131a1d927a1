"""Kill what can be killed, under load: the old or the new release serves throughout, and the next command is enough."""

import os
import random
import signal
import time

import pytest

from support.shop import Customers

pytestmark = [pytest.mark.fault, pytest.mark.network]

MOMENTS = [0.3, 0.6, 0.9, 1.2, 1.5, 1.8, 2.1, 2.5, 3.0, 3.5]
"""Seconds after the start of `ship`; a tenth is added or taken at random, so that no two runs are the same."""


def test_ship_killed_at_ten_moments_never_costs_a_request(serving):
    one = serving.get()[1]
    with Customers(serving.url, connections=8) as customers:
        for number, moment in enumerate(MOMENTS):
            serving.sell(f"number {number}")
            ship = serving.begin("ship")
            time.sleep(moment + random.uniform(-0.1, 0.1))
            ship.send_signal(signal.SIGKILL)
            ship.communicate()
            assert serving.get()[0].startswith("shop ")
        last = serving.json("ship")
    customers.lost_nothing()
    assert last["outcome"] in {"shipped", "unchanged"}
    assert serving.get() == ("shop number 9", last["version"])
    assert one in customers.tally["by_release"]
    (local,) = serving.json("status")["environments"]
    assert (local["health"], local["phase"], local["open"], local["lease"]) == ("healthy", "serving", None, None)


def test_a_killed_keeper_costs_no_request_and_status_is_right_at_once(serving):
    before = serving.json("status")["environments"][0]
    with Customers(serving.url) as customers:
        time.sleep(0.5)
        os.kill(before["keeper"]["pid"], signal.SIGKILL)
        after = serving.json("status")["environments"][0]
        assert (after["health"], after["phase"], after["version"]) == ("healthy", "serving", before["version"])
        assert pids(after) == pids(before), "the workers that served go on serving"
        assert after["keeper"]["pid"] != before["keeper"]["pid"]
        serving.sell("two")
        assert serving.json("ship")["outcome"] == "shipped"
        assert serving.get()[0] == "shop two"
    customers.lost_nothing()


def test_two_ships_at_once_one_does_it_and_the_other_says_who(serving):
    manifest = (serving.root / "ecluse.toml").read_text()
    serving.write("ecluse.toml", manifest.replace('watch = "200ms"', 'watch = "4s"'))
    serving.sell("two")
    first = serving.begin("ship", "--json")
    deadline = time.monotonic() + 30
    while serving.json("status")["environments"][0]["lease"] is None:
        assert time.monotonic() < deadline
    refused = serving.json("ship", code=4)
    problem = refused["problems"][0]
    assert problem["code"] == "K010"
    assert str(first.pid) in " ".join([problem["what"], *problem["evidence"]])
    first.communicate(timeout=60)
    assert first.returncode == 0
    assert serving.get()[0] == "shop two"


def test_an_interrupted_ship_is_undone(serving):
    manifest = (serving.root / "ecluse.toml").read_text()
    serving.write("ecluse.toml", manifest.replace('watch = "200ms"', 'watch = "30s"'))
    serving.sell("two")
    ship = serving.begin("ship")
    deadline = time.monotonic() + 60
    while serving.get()[0] != "shop two":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    ship.send_signal(signal.SIGINT)
    ship.communicate(timeout=60)
    assert ship.returncode == 130
    assert serving.get()[0] == "shop one"
    (local,) = serving.json("status")["environments"]
    assert (local["health"], local["open"], local["lease"]) == ("healthy", None, None)


def test_a_second_interrupt_waits_for_nothing_and_the_target_undoes(serving):
    manifest = (serving.root / "ecluse.toml").read_text()
    serving.write("ecluse.toml", manifest.replace('watch = "200ms"', 'watch = "30s"'))
    serving.sell("two")
    ship = serving.begin("ship")
    deadline = time.monotonic() + 60
    while serving.get()[0] != "shop two":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    keeper = serving.json("status")["environments"][0]["keeper"]["pid"]
    os.kill(keeper, signal.SIGSTOP)  # so that the undo is still under way at the second interrupt
    ship.send_signal(signal.SIGINT)
    time.sleep(0.3)
    ship.send_signal(signal.SIGINT)
    time.sleep(0.2)
    os.kill(keeper, signal.SIGCONT)
    _, said = ship.communicate(timeout=60)
    assert (ship.returncode, "D024" in said) == (130, True), said
    deadline = time.monotonic() + 15
    while serving.get()[0] != "shop one":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert serving.json("ship")["outcome"] == "shipped"


def pids(environment):
    return {process["pid"] for slot in environment["slots"] if slot["weight"] for process in slot["processes"]}
