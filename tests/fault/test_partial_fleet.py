"""Five hosts, moved one after the other; the fourth says no when three have moved. All of them return."""

import json
import os
import signal

import pytest

from support.fleet import customers, open_chain, until
from support.shop import APP

pytestmark = [pytest.mark.fault, pytest.mark.network]

NAMES = ("a", "b", "c", "d", "e")
BATCHES = 'strategy = "rolling"\n[environments.local.rollout]\nbatch = "1"\nwait = "{wait}"'
BAD_ON_ONE = """
import os

_good = application


def application(environ, start_response):
    if environ["PATH_INFO"] == "/up" and "/hosts/{host}/" in os.environ["ECLUSE_STATE"]:
        start_response("500 Internal Server Error", [("Content-Length", "4")])
        return [b"boom"]
    return _good(environ, start_response)
"""


@pytest.fixture
def chain(tmp_path):
    opened = open_chain(tmp_path / "shop", NAMES, lease="8s", rollout=BATCHES.format(wait="300ms"))
    manifest = (opened.shop.root / "ecluse.toml").read_text()
    opened.shop.write("ecluse.toml", manifest.replace('timeout = "8s"', 'timeout = "2s"'))
    opened.shop.commit("chore: less patience")
    assert opened.shop.json("ship")["outcome"] == "shipped"
    yield opened
    opened.end()


def bad_on(chain, host):
    chain.shop.write("shop.py", APP.format(version="two") + BAD_ON_ONE.format(host=host))
    chain.shop.commit(f"feat: sell two, not on {host}")


@pytest.mark.parametrize(
    "host", [pytest.param(host, marks=[] if host == "d" else pytest.mark.full) for host in NAMES], ids=str
)
def test_a_host_that_says_no_takes_all_back(chain, host):
    one = next(iter(chain.answers().values()))
    moved = NAMES[: NAMES.index(host)]
    bad_on(chain, host)
    with customers(chain, connections=2) as each:
        document = chain.shop.json("ship", code=3)
        assert chain.answers() == dict.fromkeys(NAMES, one)
    two = document["version"]
    for name, tally in each.items():
        tally.lost_nothing()
        assert set(tally.tally["by_release"]) == ({one, two} if name in moved else {one}), name
    print(f"\n{host} said no: {sum(tally.tally['answers'] for tally in each.values())} answers, 0 failed")
    assert f"hosts/{host}" in " ".join(document["problems"][0]["evidence"])
    assert host_ends(chain) == [(f"hosts/{name}", "reverted") for name in NAMES]
    settled(chain, one)


@pytest.mark.full
def test_a_host_that_sleeps_through_the_undo_is_named_and_returns_by_itself(chain):
    one = next(iter(chain.answers().values()))
    bad_on(chain, "d")
    with customers(chain, connections=2) as each:
        ship = chain.shop.begin("ship", "--json")
        until(lambda: all(chain.answers()[name] != one for name in "abc"), 60)
        os.kill(sleeper := chain.keeper("b"), signal.SIGSTOP)
        out, err = ship.communicate(timeout=60)
        assert ship.returncode == 5, f"exit {ship.returncode}\n{out}\n{err}"
        document = json.loads(out)
        (problem,) = document["problems"]
        asleep = chain.answers()
        os.kill(sleeper, signal.SIGCONT)
        until(lambda: set(chain.answers().values()) == {one}, 20)
    print(f"\n{problem['code']} {problem['what']}", *problem["evidence"], sep="\n")
    assert problem["code"] == "D062"
    assert document["outcome"] != "rolled_back"
    assert asleep == {**dict.fromkeys(NAMES, one), "b": document["version"]}
    for tally in each.values():
        tally.lost_nothing()
    print(f"{sum(tally.tally['answers'] for tally in each.values())} answers, 0 failed")
    assert host_ends(chain) == [(f"hosts/{name}", "lost" if name == "b" else "reverted") for name in NAMES]
    chain.shop.sell("three")
    three = chain.shop.json("ship")["version"]
    settled(chain, three)


def host_ends(chain):
    """The entries of the last deployment, one a host."""
    records = [json.loads(line) for line in chain.shop.ecluse("events", "--json").stdout.splitlines()]
    ends = [record["data"] for record in records if record["kind"] == "HostEnded"]
    return sorted((end["host"], end["outcome"]) for end in ends)


def settled(chain, version):
    status = chain.status()
    assert (status["phase"], status["health"], status["open"], status["lease"]) == ("serving", "healthy", None, None)
    assert set(chain.answers().values()) == {version}
