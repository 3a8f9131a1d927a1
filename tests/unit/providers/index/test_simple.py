"""Pages of the Simple API, as indexes write them."""

import json

import pytest

from ecluse.providers.index.index import bare, normalized
from ecluse.providers.index.simple import JSON, Listed, listed

PAGE = "http://index.example.org/simple/shop/"


def test_html_with_and_without_digests():
    text = """<!DOCTYPE html><html><body>
    <a href="../../packages/shop-1.0.tar.gz#sha256=ABC" data-yanked>shop-1.0.tar.gz</a>
    <a href="https://files.example.org/shop-1.0%2Blocal-py3-none-any.whl">x</a><a name="none">y</a></body></html>"""
    assert listed(text, "text/html; charset=utf-8", PAGE) == (
        Listed(name="shop-1.0.tar.gz", url="http://index.example.org/packages/shop-1.0.tar.gz", sha256="abc"),
        Listed(
            name="shop-1.0+local-py3-none-any.whl", url="https://files.example.org/shop-1.0%2Blocal-py3-none-any.whl"
        ),
    )


def test_json():
    files = [{"filename": "shop-1.0.tar.gz", "url": "/f/shop-1.0.tar.gz", "hashes": {"sha256": "abc"}}]
    files += [{"filename": "shop-0.9.tar.gz", "url": "https://f/shop-0.9.tar.gz", "hashes": {"md5": "x"}}]
    assert listed(json.dumps({"files": files}), JSON, PAGE) == (
        Listed(name="shop-1.0.tar.gz", url="http://index.example.org/f/shop-1.0.tar.gz", sha256="abc"),
        Listed(name="shop-0.9.tar.gz", url="https://f/shop-0.9.tar.gz"),
    )


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"files": [1]}', '{"files": [{"filename": "x"}]}'])
def test_what_is_no_list_is_a_value_error(text):
    with pytest.raises(ValueError):
        listed(text, JSON, PAGE)


def test_names_are_one_whatever_stands_between_their_words():
    assert {normalized(name) for name in ("Shop_Client", "shop.client", "shop--client")} == {"shop-client"}


def test_an_address_is_told_without_its_password():
    assert bare("https://ada:open@index.example.org:8080/simple/") == "https://index.example.org:8080/simple/"
