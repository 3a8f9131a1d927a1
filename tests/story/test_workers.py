"""Workers that take their time to end, beside a web process and alone."""

import os
import signal
import time
from pathlib import Path

import pytest

from support.shop import MANIFEST, open_shop

DRAIN = 5
LIVED = 6
"""Seconds after which the end of a worker is no crash loop (`serving.crew.SOON`)."""
WORKER = f"""
[processes.worker]
command = ["sh", "-c", "trap '' TERM; while :; do sleep 0.1; done"]
drain = "{DRAIN}s"
"""
WEB, PLACE = MANIFEST.partition("[processes.web]")[::2]
ALONE = WEB + WORKER + PLACE[PLACE.index("\n[environments") :]


@pytest.fixture
def shop_of(tmp_path):
    opened = []

    def shipped(manifest):
        shop = open_shop(tmp_path / "shop", manifest=manifest)
        opened.append(shop)
        assert shop.json("ship")["outcome"] == "shipped"
        return shop

    yield shipped
    for shop in opened:
        shop.ecluse("stop")


def local(shop):
    return shop.json("status")["environments"][0]


def at_work(shop):
    """What runs where the traffic is, or would be."""
    serving = next(slot for slot in local(shop)["slots"] if slot["weight"] == 100)
    return {process["name"]: (process["state"], process["restarts"]) for process in serving["processes"]}


@pytest.mark.parametrize("manifest", [ALONE, MANIFEST + WORKER], ids=["alone", "beside a web process"])
def test_a_rollback_while_the_old_workers_still_end_leaves_workers_that_work(shop_of, manifest):
    shop = shop_of(manifest)
    shop.sell("two")
    assert shop.json("ship")["outcome"] == "shipped"
    assert shop.json("rollback")["outcome"] == "rolled_back"
    time.sleep(DRAIN + 1)
    assert at_work(shop)["worker"] == ("running", 0)


def test_workers_alone_serve_on_when_their_keeper_is_killed(shop_of):
    shop = shop_of(ALONE)
    before = local(shop)
    os.kill(before["keeper"]["pid"], signal.SIGKILL)
    until = time.monotonic() + 20
    while (after := local(shop))["keeper"]["pid"] == before["keeper"]["pid"]:
        assert time.monotonic() < until
        time.sleep(0.2)
    assert (after["phase"], after["release"]) == ("serving", before["release"])
    assert at_work(shop) == {"worker": ("running", 0)}


def test_one_of_several_web_workers_that_dies_is_a_restart_that_is_told(shop_of):
    """Its parent, which the keeper started, starts another one: to the keeper nothing has ended."""
    shop = shop_of(MANIFEST.replace('interface = "wsgi"', 'interface = "wsgi"\ncount = 2'))
    web = local(shop)["slots"][0]["processes"][0]["pid"]
    time.sleep(LIVED)
    os.kill(children(web)[0], signal.SIGKILL)
    until = time.monotonic() + 20
    while at_work(shop)["web"] != ("running", 1):
        assert time.monotonic() < until, at_work(shop)
        time.sleep(0.2)
    assert local(shop)["slots"][0]["processes"][0]["pid"] == web
    assert shop.get("/")[0]


def children(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
