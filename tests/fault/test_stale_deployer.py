"""A deployer that lost its lease, by `ecluse unlock` or because it slept, never moves traffic again and says so."""

import json
import signal
import time

import pytest

from support.fleet import customers, open_chain, until
from support.shop import APP

pytestmark = [pytest.mark.fault, pytest.mark.network]
LEASE = 4.0
SLOW = """
import time
_well, _begun = application, time.monotonic()

def application(environ, start_response):
    if environ["PATH_INFO"] == "/up" and time.monotonic() < _begun + {seconds}:
        start_response("503 Service Unavailable", [("Content-Length", "0")])
        return [b""]
    return _well(environ, start_response)
"""


HOSTS = [pytest.param("a", id="one host"), pytest.param("abc", id="three hosts", marks=pytest.mark.full)]


@pytest.fixture
def chain(hosts, tmp_path):
    opened = open_chain(tmp_path / "shop", tuple(hosts), lease=f"{LEASE:g}s")
    assert opened.shop.json("ship")["outcome"] == "shipped"
    yield opened
    opened.end()


@pytest.fixture
def deployers():
    """Begins one that is gone at the end of the test, whatever becomes of it."""
    begun = []

    def begin(chain):
        begun.append(chain.shop.begin("ship", "--json"))
        return begun[-1]

    yield begin
    for deployer in begun:
        deployer.kill()
        deployer.communicate()


def slow(chain, seconds):
    chain.shop.write("shop.py", APP.format(version="two") + SLOW.format(seconds=seconds))
    chain.shop.commit("feat: sell two, slowly")


def started(chain):
    """The new release was started on all hosts, so that its gate is being asked."""
    hosts = chain.status()["hosts"] if len(chain.names) > 1 else [chain.status()]
    return all(sorted(slot["state"] for slot in host["slots"]) == ["running", "running"] for host in hosts)


def ended(deployer):
    out, err = deployer.communicate(timeout=60)
    assert deployer.returncode == 4, f"exit {deployer.returncode}\n{out}\n{err}"
    (problem,) = json.loads(out)["problems"]
    return problem


def superseded(problem):
    return problem["code"] == "K011" and "superseded" in problem["what"]


@pytest.mark.parametrize("hosts", HOSTS)
def test_a_slow_deployer_that_was_evicted_never_takes_traffic(chain, deployers):
    one = next(iter(chain.answers().values()))
    slow(chain, 5)
    with customers(chain) as each:
        second = deployers(chain)
        until(lambda: started(chain), 30)
        evicted = chain.shop.ecluse("unlock")
        assert evicted.returncode == 0, evicted.stderr
        chain.shop.sell("three")
        three = chain.shop.json("ship")["version"]
        problem = ended(second)
        time.sleep(0.5)
    only(chain, each, {one, three})
    print(f"\n{len(chain.names)} hosts, evicted: {problem['code']} {problem['what']}")
    assert superseded(problem), problem


@pytest.mark.parametrize(
    ("hosts", "asleep_in"),
    [
        pytest.param("a", "the gate", marks=pytest.mark.full),
        ("a", "the watch"),
        pytest.param("abc", "the gate", marks=pytest.mark.full),
        pytest.param("abc", "the watch", marks=pytest.mark.full),
    ],
)
def test_a_deployer_that_slept_through_its_lease_never_takes_traffic(chain, deployers, asleep_in):
    one = next(iter(chain.answers().values()))
    slow(chain, 3 if asleep_in == "the gate" else 0)
    if asleep_in == "the watch":
        manifest = (chain.shop.root / "ecluse.toml").read_text()
        chain.shop.write("ecluse.toml", manifest.replace('watch = "200ms"', 'watch = "20s"'))
        chain.shop.commit("chore: watch")
    with customers(chain) as each:
        second = deployers(chain)
        if asleep_in == "the gate":
            until(lambda: started(chain), 30)
        else:
            until(lambda: one not in chain.answers().values(), 30)
            time.sleep(0.5)  # what it writes into the ledger of this clone is written
        second.send_signal(signal.SIGSTOP)
        until(lambda: chain.status()["lease"] is None, 3 * LEASE)
        until(lambda: set(chain.answers().values()) == {one}, 10)
        manifest = (chain.shop.root / "ecluse.toml").read_text()
        chain.shop.write("ecluse.toml", manifest.replace('watch = "20s"', 'watch = "200ms"'))
        chain.shop.sell("three")
        three = chain.shop.json("ship")["version"]
        woken = time.time()
        second.send_signal(signal.SIGCONT)
        problem = ended(second)
        time.sleep(0.5)
    print(f"\n{len(chain.names)} hosts, asleep in {asleep_in}: {problem['code']} {problem['what']}")
    assert superseded(problem), problem
    if asleep_in == "the gate":
        only(chain, each, {one, three})
        return
    for tally in each.values():
        tally.lost_nothing()
        assert {version for when, version in tally.tally["openings"] if when >= woken} <= {three}
    assert set(chain.answers().values()) == {three}


def only(chain, each, versions):
    for host, tally in each.items():
        tally.lost_nothing()
        assert set(tally.tally["by_release"]) == versions, host
        print(f"{host}: {tally.tally['answers']} answers, {len(tally.tally['failures'])} failed")
    status = chain.status()
    assert (status["phase"], status["health"], status["open"], status["lease"]) == ("serving", "healthy", None, None)
