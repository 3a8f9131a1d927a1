"""A shop in production beside its tracker: released, deployed, taken back, and deployed while the tracker is away."""

import json
import os
import signal

import pytest

from support import trackers
from support.ports import free_port
from support.shop import MANIFEST, open_shop

pytestmark = [pytest.mark.network, pytest.mark.once]

MORE = """
[environments.production]
port = {production}
watch = "100ms"
lease = "5s"
url = "https://shop.example.com"

[tickets]
tracker = "github"
url = "{url}"
project = "acme/shop"
on_release = "released"
on_deploy = {{production = "closed"}}
on_rollback = {{production = "open"}}
"""


class Watched:
    """A shop with its tracker."""

    def __init__(self, shop, mock):
        self.shop, self.mock = shop, mock

    def change(self, subject):
        self.shop.write("shop.py", (self.shop.root / "shop.py").read_text() + f"# {subject}\n")
        self.shop.commit(subject)

    def do(self, *words, code=0):
        done = self.shop.ecluse(*words, "--json", env={"TICKETS_TOKEN": trackers.TOKEN})
        assert done.returncode == code, done.stdout + done.stderr
        assert trackers.TOKEN not in done.stdout + done.stderr
        return json.loads(done.stdout), done.stderr

    def said(self, number):
        return [text.splitlines()[0] for text in self.mock.state.texts(f"#{number}")]


@pytest.fixture
def watched(tmp_path):
    with trackers.served(trackers.Github("#1", "#2")) as mock:
        more = MORE.replace("{url}", mock.url).replace("{production}", str(free_port()))
        shop = open_shop(tmp_path / "shop", manifest=MANIFEST + more)
        yield Watched(shop, mock)
        shop.ecluse("stop", "production")
        assert mock.rejected == []


def test_tickets_follow_their_release(watched):
    watched.change("feat: a window (#1)")
    watched.do("release")
    assert watched.said(1) == ["Released in shop 0.1.0."]
    watched.do("deploy", "production")
    assert watched.said(1)[1:] == ["Deployed to production with shop 0.1.0."]
    assert (watched.mock.state.issues["#1"].labels, watched.mock.state.issues["#1"].status) == (["released"], "closed")

    watched.change("fix: a door, closes #2")
    plan, _ = watched.do("plan", "production")
    assert ([one["key"] for one in plan["tickets"]], plan["since"]["version"]) == (["#2"], "0.1.0")
    watched.do("ship", "production")
    watched.do("rollback", "production")
    assert watched.said(2) == [
        "Released in shop 0.1.1.",
        "Deployed to production with shop 0.1.1.",
        "Taken back from production: shop 0.1.1 was rolled back, 0.1.0 serves there again.",
    ]
    assert watched.mock.state.issues["#2"].status == "open"
    assert len(watched.said(1)) == 2


def test_a_tracker_that_is_away_holds_up_nothing(watched):
    watched.change("feat: a window (#1)")
    watched.mock.script = [(503, {})] * 9
    shipped, err = watched.do("ship", "production")
    assert shipped["outcome"] == "shipped"
    assert "[T001]" in err
    waiting, _ = watched.do("tickets")
    assert [one["happening"] for one in waiting["waiting"]] == ["release", "deploy"]
    watched.mock.script = []
    watched.do("tickets", "sync")
    assert watched.said(1) == ["Released in shop 0.1.0.", "Deployed to production with shop 0.1.0."]


def test_a_second_laptop_with_the_same_release_says_nothing_again(watched, tmp_path):
    watched.change("feat: a window (#1)")
    watched.do("release")
    elsewhere = tmp_path / "elsewhere"
    watched.shop.git("clone", "--quiet", str(watched.shop.root), str(elsewhere))
    watched.shop.root, mine = elsewhere, watched.shop.root
    watched.do("release")
    watched.shop.root = mine
    assert watched.said(1) == ["Released in shop 0.1.0."]


def test_a_ship_that_is_killed_while_it_tells_is_gone_on_with(watched):
    watched.change("feat: a window (#1)")
    asking = []

    def deadly(method, path, do):
        if method != "POST" or not path.endswith("/comments"):
            watched.mock.script.insert(0, deadly)
            return do()
        do()
        os.kill(asking[0].pid, signal.SIGKILL)
        return None

    watched.mock.script = [deadly]
    asking.append(watched.shop.begin("ship", "production", env={"TICKETS_TOKEN": trackers.TOKEN}))
    asking[0].communicate(timeout=120)
    assert asking[0].returncode == -signal.SIGKILL
    watched.do("tickets", "sync")
    assert watched.said(1) == ["Released in shop 0.1.0.", "Deployed to production with shop 0.1.0."]
