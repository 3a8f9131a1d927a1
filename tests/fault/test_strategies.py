"""Each strategy as its clients see it."""

import http.client
import time
from collections import Counter

import pytest

from support.fleet import customers, open_chain
from support.shop import APP, MANIFEST, Customers, open_shop

pytestmark = [pytest.mark.fault, pytest.mark.network]

CONNECTIONS = 600
TOLERANCE = 0.07
"""Four standard deviations of a share of 25 % over so many connections."""
PIDS = """
import os, pathlib

_seen = pathlib.Path({folder!r})
_before = [path for path in _seen.glob("*.pid") if os.path.exists("/proc/" + path.stem)]
(_seen / "{version}.before").write_text(" ".join(path.stem for path in _before))
(_seen / (str(os.getpid()) + ".pid")).touch()
"""


@pytest.fixture
def opened(tmp_path):
    """Shops by the lines of their environment; each stopped at the end."""
    made = []

    def shop(lines="", *, lease="5s", watch="200ms", **rollout):
        table = "".join(f"{name} = {value}\n" for name, value in rollout.items())
        manifest = MANIFEST.replace('lease = "5s"', f'lease = "{lease}"') + f"{lines}\n"
        if table:
            manifest += f"[environments.local.rollout]\n{table}"
        made.append(open_shop(tmp_path / f"shop-{len(made)}", watch=watch, manifest=manifest))
        return made[-1]

    yield shop
    for one in made:
        one.ecluse("stop")


def shares(port, count=CONNECTIONS):
    """Which release answers on each of so many new connections."""
    found = Counter()
    for _ in range(count):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/")
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200
        found[answer.headers["X-Release"]] += 1
        connection.close()
    return found


def test_a_canary_gets_its_share_and_waits_for_a_person_without_its_deployer(opened):
    lease = 2
    shop = opened(
        'strategy = "canary"', lease=f"{lease}s", canary='["25% for 300ms"]', promote='"manual"',
        inconclusive='"promote"',
    )  # fmt: skip
    shop.ecluse("ship")
    one = shop.get()[1]
    shop.sell("two")
    with Customers(shop.url, connections=2, pause=0.02) as meanwhile:
        waiting = shop.json("ship")
        assert waiting["outcome"] == "waiting"
        two, left = waiting["version"], time.monotonic()
        found = shares(shop.port)
        share = found[two] / CONNECTIONS
        print(f"\n{found[two]} of {CONNECTIONS} new connections reached the canary of 25 %: {share:.1%}")
        assert set(found) == {one, two}
        assert abs(share - 0.25) < TOLERANCE
        time.sleep(max(0.0, left + 1.5 * lease - time.monotonic()))
        again = shares(shop.port, 100)
        gone = time.monotonic() - left
        print(f"{gone:.1f} s after its deployer left, with a lease of {lease} s: {again[two]} of 100")
        assert set(again) == {one, two}
        assert shop.json("promote")["outcome"] == "deployed"
        assert set(shares(shop.port, 50)) == {two}
    meanwhile.lost_nothing()
    print(f"{meanwhile.tally['answers']} answers, 0 failed")


@pytest.mark.full
def test_a_sticky_canary_is_refused_where_all_clients_have_one_address(opened):
    shop = opened('strategy = "canary"', canary='["25% for 300ms"]', sticky="true")
    shop.ecluse("ship")
    shop.sell("two")
    refused = shop.json("ship", code=3)
    (problem,) = refused["problems"]
    print(f"\n{problem['code']} {problem['what']}")
    assert problem["code"] == "D061"
    assert shop.get()[0] == "shop one"


@pytest.mark.full
def test_a_rolling_release_moves_one_host_after_the_other(tmp_path):
    rollout = 'strategy = "rolling"\n[environments.local.rollout]\nbatch = "1"\nwait = "1s"'
    chain = open_chain(tmp_path / "shop", ("a", "b", "c"), lease="4s", rollout=rollout)
    try:
        one = chain.shop.json("ship")["version"]
        chain.shop.sell("two")
        seen = []
        with customers(chain) as each:
            ship = chain.shop.begin("ship", "--json")
            while ship.poll() is None:
                moved = "".join(host for host, version in chain.answers().items() if version != one)
                seen += [moved] if moved not in seen[-1:] else []
                time.sleep(0.05)
            ship.communicate()
        print(f"\nmoved: {seen}; {sum(tally.tally['answers'] for tally in each.values())} answers")
        assert ship.returncode == 0
        assert seen == ["", "a", "ab", "abc"]
        for tally in each.values():
            tally.lost_nothing()
    finally:
        chain.end()


def test_a_recreated_app_never_runs_twice_and_nobody_meets_a_dead_slot(opened):
    shop = opened('strategy = "recreate"\nwarm = "0s"')
    pids = shop.root.parent / "pids"
    pids.mkdir()
    for version in ("one", "two"):
        shop.write("shop.py", APP.format(version=version) + PIDS.format(folder=str(pids), version=version))
        shop.commit(f"feat: sell {version}")
        with Customers(shop.url, connections=4, pause=0.02) if version == "two" else _nobody() as meanwhile:
            assert shop.json("ship")["outcome"] == "shipped"
    assert (pids / "two.before").read_text() == "", "the old one runs no more when the new one starts"
    failures = [failure for failure in meanwhile.tally["failures"] if "status 503" not in failure]
    longest = meanwhile.tally["latencies"]["max"]
    print(f"\n{meanwhile.tally['answers']} answers, longest {longest:.2f} s, failed: {meanwhile.tally['failures']}")
    assert failures == []
    assert len(meanwhile.tally["by_release"]) == 2
    assert shop.get()[0] == "shop two"


def _nobody():
    from contextlib import nullcontext

    return nullcontext()
