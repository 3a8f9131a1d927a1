"""The release to go back to is broken: no traffic moves there, what serves serves on, and it is said why."""

import json
import os
import signal
import time

import pytest

from support.fleet import until
from support.shop import APP, Customers

pytestmark = [pytest.mark.fault, pytest.mark.network]

NEEDS = """
import pathlib

pathlib.Path({needed!r}).read_text()
"""
HALF_BAD = """
_good, _turn = application, 0


def application(environ, start_response):
    global _turn
    _turn += 1
    if environ["PATH_INFO"] == "/up" or _turn % 2:
        return _good(environ, start_response)
    environ["wsgi.input"].read()
    start_response("500 Internal Server Error", [("Content-Length", "0")])
    return [b""]
"""


@pytest.fixture
def needed(shop):
    """What the first version, which serves, reads when it starts."""
    path = shop.root.parent / "needed"
    path.write_text("here")
    shop.write("shop.py", APP.format(version="one") + NEEDS.format(needed=str(path)))
    shop.commit("feat: sell one, with a need")
    assert shop.json("ship")["outcome"] == "shipped"
    return path


def settings(shop, **values):
    manifest = (shop.root / "ecluse.toml").read_text().replace('watch = "200ms"\n', "")
    shop.write("ecluse.toml", manifest + "".join(f'{name} = "{value}"\n' for name, value in values.items()))


def test_a_rollback_to_what_no_longer_starts_is_refused(shop, needed):
    settings(shop, warm="0s", watch="200ms")
    shop.sell("two")
    two = shop.json("ship")["version"]
    until(lambda: [slot["state"] for slot in local(shop)["slots"]].count("empty") == 1, 20)
    needed.unlink()
    with Customers(shop.url, connections=4, pause=0.02) as customers:
        refused = shop.json("rollback", code=3)
    customers.lost_nothing()
    assert set(customers.tally["by_release"]) == {two}
    (problem,) = refused["problems"]
    print(f"\n{problem['what']}: {problem['evidence'][-1]}; {customers.tally['answers']} answers, 0 failed")
    assert any("FileNotFoundError" in fact for fact in problem["evidence"])
    assert shop.get() == ("shop two", two)
    assert (local(shop)["health"], local(shop)["phase"], local(shop)["open"]) == ("healthy", "serving", None)


@pytest.mark.full
@pytest.mark.parametrize("damage", ["emptied", "removed"])
def test_a_rollback_to_a_damaged_release_serves_it_whole_or_not_at_all(serving, damage):
    settings(serving, warm="0s", watch="200ms")
    one = serving.get()[1]
    serving.sell("two")
    two = serving.json("ship")["version"]
    until(lambda: [slot["state"] for slot in local(serving)["slots"]].count("empty") == 1, 20)
    damaged = [path for path in serving.root.rglob("shop.py") if path != serving.root / "shop.py" and sold(path, "one")]
    assert damaged
    for path in damaged:
        path.parent.chmod(0o755)
        path.unlink()
        if damage == "emptied":
            path.write_text("")
    with Customers(serving.url, connections=4, pause=0.02) as customers:
        done = serving.ecluse("rollback", "--json")
    customers.lost_nothing()
    outcome = json.loads(done.stdout)
    assert outcome["outcome"] == ("halted" if done.returncode else "rolled_back")
    said = [problem["what"] for problem in outcome["problems"]]
    print(f"\n{damage}: exit {done.returncode}, {outcome['outcome']} {said}; {customers.tally['answers']} answers")
    assert done.returncode in {0, 1, 3}, done.stderr
    assert serving.get() == (("shop one", one) if done.returncode == 0 else ("shop two", two))
    assert local(serving)["health"] == "healthy"


def test_an_undo_whose_old_release_died_keeps_the_new_one(shop, needed):
    settings(shop, watch="60s")
    shop.write("shop.py", APP.format(version="two") + HALF_BAD)
    shop.commit("feat: sell two, half bad")
    (old,) = [process["pid"] for slot in local(shop)["slots"] for process in slot["processes"]]
    with Customers(shop.url, connections=4, pause=0.02) as customers:
        ship = shop.begin("ship", "--json")
        until(lambda: shop.get("up")[0] == "shop two", 30)
        needed.unlink()
        killed = time.time()
        os.kill(old, signal.SIGKILL)
        out, err = ship.communicate(timeout=60)
    assert ship.returncode == 6, f"exit {ship.returncode}\n{out}\n{err}"
    (problem,) = json.loads(out)["problems"]
    print(f"\n{problem['what']}", *problem["evidence"], sep="\n")
    assert problem["code"] == "D063"
    assert shop.get("up")[0] == "shop two"
    others = [failure for failure in customers.tally["failures"] if "status 500" not in failure]
    late = [failure for failure in others if not killed - 1 < float(failure.split()[0]) < killed + 1]
    assert late == [], "nothing but the app's own errors and its own death"
    (last, *_) = shop.json("history")["deployments"]
    print(f"history: {last['version']} {last['outcome']}: {last['why']}")
    assert last["outcome"] == "stuck"
    assert (local(shop)["open"], local(shop)["lease"]) == (None, None)


def local(shop):
    return shop.json("status")["environments"][0]


def sold(path, version):
    return f"shop {version}" in path.read_text()
