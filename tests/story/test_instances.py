"""Environments that are made by name, as a CI makes one for each request to merge."""

import time
import urllib.request

import pytest

from support.shop import MANIFEST, open_shop

pytestmark = pytest.mark.network
REVIEW = """
[environments.review]
port = {port}
instances = 2
watch = "200ms"
env = {{ SHOP = "review {{instance}}" }}
"""


def answer(url):
    with urllib.request.urlopen(url, timeout=10) as said:
        return said.read().decode()


def test_each_is_an_environment_of_its_own(tmp_path, two_ports):
    app = (
        "import os\n\n\ndef application(environ, start_response):\n"
        "    start_response('200 OK', [('Content-Type', 'text/plain')])\n"
        "    return [os.environ.get('SHOP', '').encode()]\n"
    )
    shop = open_shop(tmp_path / "shop", manifest=MANIFEST + REVIEW.replace("{port}", str(two_ports)))
    shop.write("shop.py", app)
    shop.commit("feat: say which")
    try:
        one, other = shop.json("ship", "review-6"), shop.json("ship", "review-7")

        assert (one["environment"], other["environment"]) == ("review-6", "review-7")
        assert (answer(one["url"]), answer(other["url"])) == ("review 6", "review 7")
        assert not shop.git("tag").strip()
        seen = {place["name"]: place["health"] for place in shop.json("status")["environments"]}
        assert seen.items() >= {("review-6", "healthy"), ("review-7", "healthy")}

        assert shop.json("stop", "review-6")["outcome"] == "stopped"

        assert answer(other["url"]) == "review 7"
        places = shop.root / ".ecluse" / "environments"
        assert (places / "review-6" / "releases").exists()
        assert shop.json("stop", "review-6", "--remove")["removed"]
        gone(places / "review-6")
        assert shop.json("ship", "review-6")["outcome"] == "shipped"
        assert shop.json("stop", "review-6", "--remove")["removed"]
        gone(places / "review-6")
        refused = shop.ecluse("stop", "local", "--remove")
        assert (refused.returncode, "D087" in refused.stderr) == (2, True)

        assert answer(other["url"]) == "review 7"
        refused = shop.ecluse("ship", "review")
        assert (refused.returncode, "M090" in refused.stderr, "review-…" in refused.stderr) == (2, True, True)
    finally:
        shop.ecluse("stop", "review-6")
        shop.ecluse("stop", "review-7")


def gone(folder):
    until = time.monotonic() + 10
    while folder.exists():
        assert time.monotonic() < until, sorted(folder.rglob("*"))
        time.sleep(0.05)


@pytest.fixture
def two_ports():
    """Two that follow each other and are free, the first one even: 6 is on it, and 7 on the next."""
    import socket

    for port in range(24_000, 25_000, 2):
        try:
            for number in (port, port + 1):
                socket.create_server(("127.0.0.1", number)).close()
        except OSError:
            continue
        return port
    raise AssertionError("no two ports are free")
