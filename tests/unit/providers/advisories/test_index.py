"""An index of one's own, on the loopback, in all the ways in which it can fail."""

import asyncio
import socket

import pytest

from ecluse.model.package import Package
from ecluse.providers.advisories.index import OwnIndex
from support.advisory_servers import TROUBLES, index, serving

SHOP, OTHER = Package("shop", "1.0"), Package("other", "3.1")


def ask(url, *packages):
    return asyncio.run(OwnIndex(at=f"{url}/pypi/", env={}, patience=0.3).ask(packages))


def test_each_package_gets_what_is_known_of_it():
    with serving(index({"shop"})) as source:
        answers = ask(source.url, SHOP, OTHER)
    (one,) = answers[SHOP]
    assert (one.id, one.aliases, one.fixed, one.summary) == ("PYSEC-2030-1", ("CVE-2030-1",), ("2.0",), "It explodes.")
    assert answers[OTHER] == ()
    assert sorted(source.asked) == ["/pypi/other/3.1/json", "/pypi/shop/1.0/json"]


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_source_in_trouble_has_not_answered(trouble):
    with serving(TROUBLES[trouble]) as source:
        (answer,) = ask(source.url, SHOP).values()
    assert isinstance(answer, str), trouble
    assert answer


def test_a_source_that_refuses_has_not_answered():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        (answer,) = ask(f"http://127.0.0.1:{taken.getsockname()[1]}", SHOP).values()
    assert "ConnectError" in answer


@pytest.mark.parametrize(
    "body",
    [
        b'{"info": {"name": "shop", "version": "1.0"}}',
        b'{"info": {"name": "shop"}, "vulnerabilities": []}',
        b'{"info": {"name": "shop", "version": "1.0"}, "vulnerabilities": null}',
        b'{"info": {"name": "hotel", "version": "1.0"}, "vulnerabilities": []}',
        b'{"vulnerabilities": []}',
        b'{"info": {"name": "shop", "version": "1.0"}, "vulnerabilities": [{}]}',
        b'{"info": {"name": "shop", "version": "9.9"}, "vulnerabilities": []}',
        b'{"info": ' + b"[" * 200_000,
    ],
)
def test_an_answer_that_says_nothing_of_it_is_none(body):
    with serving(lambda *_: (200, body)) as source:
        (answer,) = ask(source.url, SHOP).values()
    assert isinstance(answer, str)


def test_one_package_without_an_answer_leaves_the_others_theirs():
    def behave(path, body):
        return (404, b"") if "shop" in path else index(set())(path, body)

    with serving(behave) as source:
        assert ask(source.url, SHOP, OTHER) == {SHOP: "HTTP 404", OTHER: ()}
