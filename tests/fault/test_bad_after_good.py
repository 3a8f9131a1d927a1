"""A release that turns bad under traffic, after its gate, is judged by its counts and sent back in time.

The clients ask about 200 times a second and never repeat a request. The old release has counts before the ship.
"""

import json
import time

import pytest

from support.shop import APP, MANIFEST, Customers, open_shop

pytestmark = [pytest.mark.fault, pytest.mark.network]

GOOD_FOR = 6.0
IN_TIME = 15.0
TIMED = """
import time

_served = application
_first, _turn = 0.0, 0


def application(environ, start_response):
    global _first, _turn
    if environ["PATH_INFO"] == "/up":
        return _served(environ, start_response)
    _first = _first or time.monotonic()
    _turn += 1
    time.sleep({latency})
    answer = turned if time.monotonic() - _first > {good_for} else _served
    return answer(environ, start_response)
"""
FAILS = """

def turned(environ, start_response):
    if _turn % 20:
        return _served(environ, start_response)
    environ["wsgi.input"].read()
    start_response("500 Internal Server Error", [("Content-Length", "0")])
    return [b""]
"""
SLOW = """

def turned(environ, start_response):
    import pathlib

    global _breach
    if not _breach:
        _breach = time.time()
        pathlib.Path({witness!r}).write_text(str(_breach))
    time.sleep(2 * {latency})
    return _served(environ, start_response)

_breach = 0.0
"""
ONE_ERROR = """

def turned(environ, start_response):
    global turned
    turned = _served
    environ["wsgi.input"].read()
    start_response("500 Internal Server Error", [("Content-Length", "0")])
    return [b""]
"""
MANIFEST_WATCHED = MANIFEST.replace("[processes.web]\n", "[processes.web]\nthreads = 48\n")


@pytest.fixture
def watched(tmp_path, request):
    """A shop that serves from the first, timed version and has counts, with its customers."""
    opened = open_shop(tmp_path / "shop", watch=request.param, manifest=MANIFEST_WATCHED)
    yield opened
    opened.ecluse("stop")


def sell(shop, version, rest, *, latency, good_for):
    shop.write("shop.py", APP.format(version=version) + TIMED.format(latency=latency, good_for=good_for) + rest)
    shop.commit(f"feat: sell {version}")


def shipped_under_load(shop, rest, *, latency, good_for=GOOD_FOR, code):
    """The document of the ship of a second version, and the tally of those who bought meanwhile."""
    quick = (shop.root / "ecluse.toml").read_text()
    shop.write("ecluse.toml", quick.replace('watch = "60s"', 'watch = "200ms"'))
    sell(shop, "one", "turned = _served\n", latency=latency, good_for=0)
    assert shop.json("ship")["outcome"] == "shipped"
    shop.write("ecluse.toml", quick)
    sell(shop, "two", rest, latency=latency, good_for=good_for)
    with Customers(shop.url, connections=32, pause=0.155 - latency) as customers:
        time.sleep(4)
        began = time.monotonic()
        done = shop.ecluse("ship", "--json")
        took = time.monotonic() - began
    assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    rate = customers.tally["answers"] / (took + 4)
    print(f"\n{customers.tally['answers']} answers, {rate:.0f} a second, {len(customers.tally['failures'])} failed")
    return json.loads(done.stdout), customers.tally


def back_after(tally, breach, version):
    """Seconds from the breach to the first connection that the old release answers again."""
    return min(when for when, release in tally["openings"] if release == version and when > breach) - breach


def told(document):
    (problem,) = document["problems"]
    print(*problem["evidence"], sep="\n")
    assert problem["code"] == "D022"
    return " ".join(problem["evidence"])


@pytest.mark.parametrize("watched", ["60s"], indirect=True)
def test_five_percent_of_errors_send_a_release_back_in_time(watched):
    document, tally = shipped_under_load(watched, FAILS, latency=0.005, code=3)
    assert all("status 500" in failure for failure in tally["failures"]), "nothing but the app's own errors"
    back = back_after(tally, float(tally["failures"][0].split()[0]), watched.get()[1])
    print(f"back {back:.1f} s after the first error, {len(tally['failures'])} errors")
    assert back < IN_TIME
    assert watched.get()[0] == "shop one"
    assert document["answered"]["failed"] == len(tally["failures"]), "as many as the clients saw"
    assert [moved["what"] for moved in document["timeline"]][-2:] == ["watch", "undo"]
    evidence = told(document)
    assert "errors" in evidence
    assert "likelihood ratio" in evidence


@pytest.mark.full
@pytest.mark.parametrize("watched", ["60s"], indirect=True)
def test_answers_three_times_slower_send_a_release_back_in_time(watched):
    witness = watched.root.parent / "breach"
    slow = SLOW.format(witness=str(witness), latency=0.03)
    document, tally = shipped_under_load(watched, slow, latency=0.03, code=3)
    assert tally["failures"] == []
    back = back_after(tally, float(witness.read_text()), watched.get()[1])
    print(f"back {back:.1f} s after the first slow answer")
    assert back < IN_TIME
    assert watched.get()[0] == "shop one"
    evidence = told(document)
    assert "slower than" in evidence
    assert "likelihood ratio" in evidence


@pytest.mark.full
@pytest.mark.parametrize("watched", ["6s"], indirect=True)
def test_a_single_error_sends_nothing_back(watched):
    document, tally = shipped_under_load(watched, ONE_ERROR, latency=0.005, good_for=2.0, code=0)
    assert len(tally["failures"]) == 1
    assert document["outcome"] == "shipped"
    assert watched.get()[0] == "shop two"
    print([gate["evidence"] for gate in document["gates"] if gate["name"] == "watch"])
