"""Deploys at the same time from two machines, each with a ledger of its own, to the same hosts over SSH.

The first one is in its migration until all others have come, so their places in the line are known."""

import json
import re
import tempfile
import threading
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from support.fleet import until
from support.remote import customers, opened
from support.remote_chain import HOME
from support.shop import Shop
from support.ssh_hosts import required

pytestmark = [pytest.mark.fault, pytest.mark.network]
NAMES = ("web1", "web2", "web3")
COUNTS = [4, pytest.param(10, marks=pytest.mark.full)]
PLACE = re.compile(r"waiting for the environment, (\d+) before us")


@pytest.fixture(scope="module")
def machines(tmp_path_factory):
    """Two repositories with the same beginning; what the second one makes has versions of its own."""
    required()
    folder = tmp_path_factory.mktemp("fleet")
    with opened(folder, *NAMES, lease="8s", watch="0s") as remote:
        second = Shop(folder / "second" / "shop", remote.shop.port, {**remote.shop.env, "ECLUSE_ACTOR": "bea@second"})
        remote.shop.git("clone", "--quiet", str(remote.shop.root), str(second.root))
        second.git("tag", "--annotate", "--message", "far away", "v5.0.0")
        assert remote.ship()["outcome"] == "shipped"
        yield remote, (remote.shop, second)


@pytest.fixture
def gate():
    """A file that the first one's migration waits for; hosts see it."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "open"


@dataclass
class Deploy:
    """One under way, and its place in the line when it came."""

    shop: Shop
    version: str
    words: tuple[str, ...] = ()
    place: int | None = None
    log: list[str] = field(default_factory=list)

    def __post_init__(self):
        self.process = self.shop.begin("deploy", "production", "--release", self.version, *self.words, "--json")
        self._reading = threading.Thread(target=self._read)
        self._reading.start()

    def _read(self):
        for line in self.process.stderr:
            self.log.append(line)
            found = PLACE.search(line)
            if found and self.place is None:
                self.place = int(found[1])

    def end(self):
        """Exit code and answer."""
        with self.process.stdout, self.process.stderr:
            out = self.process.stdout.read()
            self.process.wait(300)
            self._reading.join(10)
        return self.process.returncode, json.loads(out)


def releases(machines, gate, count):
    """So many of each machine in turn; the first one's migration waits."""
    made = []
    for number in range(count):
        shop = machines[number % 2]
        shop.sell(f"{gate} {number}")
        manifest = (shop.root / "ecluse.toml").read_text()
        if number == 0:
            wait = f"while [ ! -e {gate} ]; do sleep 0.05; done"
            shop.write("ecluse.toml", manifest.replace('name = "shop"', f'name = "shop"\nmigrate = "{wait}"'))
            shop.commit("feat: migrate")
        made.append((shop, shop.json("release")["version"]))
        shop.write("ecluse.toml", manifest)
        shop.commit("chore: as it was")
    return made


def migrating(deploy):
    return any("migrate" in line for line in deploy.log)


def committed(shop):
    """What this machine's ledger knows to be deployed, and when."""
    return {one["version"]: one["when"] for one in shop.json("history")["deployments"] if one["outcome"] == "committed"}


@pytest.mark.parametrize("count", COUNTS)
def test_with_wait_all_are_deployed_one_after_the_other_in_the_order_of_their_tickets(machines, gate, count):
    remote, shops = machines
    made = releases(shops, gate, count)
    with ExitStack() as stack:
        each = stack.enter_context(customers(remote, connections=2))
        first = Deploy(*made[0], ("--wait",))
        until(lambda: migrating(first), 120)
        others = [Deploy(*one, ("--wait",)) for one in made[1:]]
        until(lambda: all(one.place is not None for one in others), 240)
        assert first.process.poll() is None
        gate.touch()
        ended = [one.end() for one in (first, *others)]
    for tally in each.values():
        tally.lost_nothing()
    assert [code for code, _ in ended] == [0] * count, [answer for code, answer in ended if code]
    assert sorted(one.place for one in others) == list(range(count - 1)), "every ticket is another"
    wanted = [first.version, *(one.version for one in sorted(others, key=lambda one: one.place))]
    when = committed(shops[0]) | committed(shops[1])
    assert sorted((version for version in wanted), key=lambda version: when[version]) == wanted
    for tally in each.values():
        assert set(wanted) <= set(tally.tally["by_release"]), "each served"
    assert remote.answers() == dict.fromkeys(NAMES, wanted[-1])
    for name in NAMES:
        last = finished(remote, name)[-count:]
        assert len({one["id"] for one in last}) == count, "none twice"
        assert {one["outcome"] for one in last} == {"committed"}
    answers = sum(tally.tally["answers"] for tally in each.values())
    print(f"\n{count} deploys from two machines, {answers} answers, 0 failed")


def finished(remote, name):
    """The deployments that the host's own journal knows, oldest first; a checksum is its first line."""
    text = remote.host(name).run("cat", f"{HOME}/journal.json")
    return json.loads(text.partition("\n")[2])["finished"]


@pytest.mark.parametrize("count", COUNTS)
def test_without_wait_all_but_one_are_refused_at_once(machines, gate, count):
    remote, shops = machines
    made = releases(shops, gate, count)
    first = Deploy(*made[0])
    until(lambda: migrating(first), 120)
    refused = [one.end() for one in [Deploy(*one) for one in made[1:]]]
    assert first.process.poll() is None
    gate.touch()
    assert first.end()[0] == 0
    assert [code for code, _ in refused] == [4] * (count - 1)
    for _, answer in refused:
        (problem,) = answer["problems"]
        assert problem["code"] == "K010"
        assert str(first.process.pid) in " ".join([problem["what"], *problem["evidence"]])
    assert remote.answers() == dict.fromkeys(NAMES, first.version)
