"""Ten deploys at once on one environment stand in line; without `--wait` the second one hears who is at work."""

import itertools
import json
import threading
import time

import pytest

from support.fleet import until
from support.shop import Customers

pytestmark = [pytest.mark.fault, pytest.mark.network]
TEN = 10


class Waiting:
    """A deploy that stands in line, and when it began to."""

    def __init__(self, shop, version):
        self.version, self.arrived, self.log = version, 0.0, []
        self.process = shop.begin("deploy", "--release", version, "--wait", "--json")
        self._reading = threading.Thread(target=self._read)
        self._reading.start()

    def _read(self):
        for line in self.process.stderr:
            self.log.append(line)
            if "waiting for the environment" in line and not self.arrived:
                self.arrived = time.monotonic()

    def end(self):
        with self.process.stdout, self.process.stderr:
            out = self.process.stdout.read()
            self.process.wait(120)
            self._reading.join(10)
        return json.loads(out) if out else {}


@pytest.mark.parametrize("count", [3, pytest.param(TEN, marks=pytest.mark.full)])
def test_deploys_at_once_all_succeed_in_the_order_of_their_arrival(serving, count):
    versions = []
    for number in range(count):
        serving.sell(f"number {number}")
        versions.append(serving.json("release")["version"])
    before = serving.json("history")["deployments"][0]["number"]
    with Customers(serving.url, connections=4, pause=0.02) as customers:
        began = time.monotonic()
        line = [Waiting(serving, version) for version in versions]
        ended = [waiting.end() for waiting in line]
        took = time.monotonic() - began
    customers.lost_nothing()
    for waiting, document in zip(line, ended, strict=True):
        assert waiting.process.returncode == 0, "".join(waiting.log)
        assert document["outcome"] == "deployed"
    found = [one for one in serving.json("history")["deployments"] if one["number"] > before]
    served = [one["version"] for one in sorted(found, key=lambda one: one["when"])]
    arrived = [one.version for one in sorted(line, key=lambda one: one.arrived)]
    print(f"\n{count} deploys in {took:.1f} s, {customers.tally['answers']} answers, 0 failed")
    print("arrived:", [versions.index(one) for one in arrived], "served:", [versions.index(one) for one in served])
    assert sorted(served) == sorted(versions), "each was deployed once"
    when = {one.version: one.arrived for one in line}
    for first, then in itertools.pairwise(served):
        assert when[first] < when[then] + 0.3, f"{first} arrived after {then} and was served before it"
    (local,) = serving.json("status")["environments"]
    assert (local["lease"], local["open"], local["version"]) == (None, None, served[-1])


@pytest.mark.full
def test_without_wait_the_second_one_hears_who_is_at_work(serving):
    manifest = (serving.root / "ecluse.toml").read_text()
    serving.write("ecluse.toml", manifest.replace('watch = "200ms"', 'watch = "3s"'))
    serving.sell("two")
    two = serving.json("release")["version"]
    first = serving.begin("deploy", "--release", two, "--json")
    until(lambda: serving.json("status")["environments"][0]["lease"], 30)
    refused = serving.json("deploy", "--release", two, code=4)
    (problem,) = refused["problems"]
    print(f"\n{problem['code']} {problem['what']}")
    assert problem["code"] == "K010"
    assert str(first.pid) in " ".join([problem["what"], *problem["evidence"]])
    first.communicate(timeout=60)
    assert first.returncode == 0
