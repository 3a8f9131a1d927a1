"""Bad releases are caught before or during the switch, and the old release serves throughout."""

import pytest

from support.shop import APP, Customers, Shop

pytestmark = [pytest.mark.fault, pytest.mark.network]

EXITS_AT_START = "import os\nos._exit(7)\n"
IMPORT_ERROR = "import there_is_no_such_module\n"
EXITS_AFTER_3_SECONDS = """
import os, threading
threading.Timer(3, os._exit, [9]).start()
"""
NEVER_LISTENS = """
import time
time.sleep(600)
"""
HEALTH_500 = """
good = application
def application(environ, start_response):
    if environ["PATH_INFO"] == "/up":
        start_response("500 Internal Server Error", [("Content-Length", "4")])
        return [b"boom"]
    return good(environ, start_response)
"""
FLAPS = """
import itertools
good, turn = application, itertools.count()
def application(environ, start_response):
    if environ["PATH_INFO"] == "/up" and next(turn) % 2:
        start_response("503 Service Unavailable", [("Content-Length", "0")])
        return [b""]
    return good(environ, start_response)
"""


def bad(shop: Shop, text: str, *, manifest: str = "") -> None:
    shop.write("shop.py", text)
    if manifest:
        shop.write("ecluse.toml", (shop.root / "ecluse.toml").read_text() + manifest)
    shop.commit("feat: sell something bad")


def good_app() -> str:
    return APP.format(version="bad")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(EXITS_AT_START, "web ended", id="exits at start"),
        pytest.param(IMPORT_ERROR, "there_is_no_such_module", id="import error"),
        pytest.param(NEVER_LISTENS + good_app(), "no answer", id="never listens"),
        pytest.param(good_app() + HEALTH_500, "status 500", id="health 500"),
        pytest.param(good_app() + FLAPS, "status 503", id="health flaps"),
    ],
)
def test_a_bad_release_never_gets_traffic(serving, text, said):
    bad(serving, text)
    with Customers(serving.url, connections=4) as customers:
        refused = serving.json("ship", code=3)
    customers.lost_nothing()
    assert refused["outcome"] == "rolled_back"
    assert said in " ".join(refused["problems"][0]["evidence"])
    assert set(customers.tally["by_release"]) == {serving.get()[1]}
    assert serving.get()[0] == "shop one"
    assert_clean(serving)


def test_a_release_that_exits_after_three_seconds_is_undone_in_the_watch(serving):
    manifest = (serving.root / "ecluse.toml").read_text().replace('watch = "200ms"', 'watch = "5s"')
    serving.write("ecluse.toml", manifest)
    bad(serving, EXITS_AFTER_3_SECONDS + good_app())
    refused = serving.json("ship", code=3)
    assert refused["outcome"] == "rolled_back"
    assert any("web ended" in fact for fact in refused["problems"][0]["evidence"])
    assert serving.get()[0] == "shop one"
    assert_clean(serving)


def test_the_wrong_version_answering_is_not_health(serving):
    manifest = (serving.root / "ecluse.toml").read_text().replace('path = "/up"', 'path = "/up"\nbody = "shop two"')
    serving.write("ecluse.toml", manifest)
    bad(serving, APP.format(version="three"))
    refused = serving.json("ship", code=3)
    assert any("lacks 'shop two'" in fact for fact in refused["problems"][0]["evidence"])
    assert serving.get()[0] == "shop one"


def test_a_failing_migration_leaves_the_old_release_untouched(serving):
    manifest = (serving.root / "ecluse.toml").read_text()
    migrate = 'migrate = ["/bin/sh", "-c", "echo cannot alter table; exit 3"]'
    serving.write("ecluse.toml", manifest.replace('name = "shop"', f'name = "shop"\n{migrate}'))
    bad(serving, good_app())
    refused = serving.json("ship", code=3)
    assert refused["problems"][0]["code"] == "D020"
    assert "cannot alter table" in refused["problems"][0]["evidence"]
    assert serving.get()[0] == "shop one"
    assert_clean(serving)


def test_a_missing_secret_stops_before_anything_moves(serving):
    manifest = (serving.root / "ecluse.toml").read_text()
    serving.write(
        "ecluse.toml", manifest.replace("[environments.local]", '[environments.local]\nsecrets = ["CARD_KEY"]')
    )
    bad(serving, good_app())
    refused = serving.json("ship", code=2)
    assert "CARD_KEY" in refused["problems"][0]["what"]
    assert serving.get()[0] == "shop one"


def assert_clean(shop: Shop) -> None:
    """The other slot is empty, nothing is open, nobody holds the environment, and the old release is healthy."""
    (local,) = shop.json("status")["environments"]
    assert (local["health"], local["phase"], local["open"], local["lease"]) == ("healthy", "serving", None, None)
    assert sorted(slot["state"] for slot in local["slots"]) == ["empty", "running"]
