"""An index, asked by HTTP: what it answers, and who is told the password."""

import asyncio
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from ecluse.model.problem import ProblemError
from ecluse.model.publishing import IndexPlace
from ecluse.providers.index.index import UvIndex
from support.on_loopback import OnLoopback


class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        self.asked.append((self.path, self.headers.get("Authorization", "")))
        self.send_response(200)
        self.send_header("Content-Type", self.kind)
        self.send_header("Content-Length", str(len(self.text)))
        self.end_headers()
        self.wfile.write(self.text)

    def log_message(self, *_):
        pass


@pytest.fixture
def served():
    open_now = []

    def made(text=b"", kind="text/html"):
        open_now.append(OnLoopback(Page, text=text, kind=kind, asked=[]))
        return open_now[-1]

    yield made
    for one in open_now:
        one.close()


def files(server, upload="", times=1):
    place = IndexPlace(
        simple=f"{server.url}/simple/", upload=upload or f"{server.url}/upload/", username="U", password="P"
    )
    secrets = {"U": "ada", "P": "open sesame"}
    index = UvIndex(place, uv=Path("uv"), env={}, secrets=secrets, commands=None)
    return [asyncio.run(index.files("shop")) for _ in range(times)][-1]


def test_the_password_goes_to_the_index_alone_whatever_it_refers_to(served):
    elsewhere = served(b"content")
    index = served(f"<a href='{elsewhere.url}/shop-1.0.tar.gz'>x</a>".encode())
    assert list(files(index)) == ["shop-1.0.tar.gz"]
    assert [bool(word) for _, word in index.handler.asked] == [True]
    assert elsewhere.handler.asked == [("/shop-1.0.tar.gz", "")]


def test_the_password_of_another_index_is_not_this_one_s(served):
    index = served()
    assert files(index, upload="https://upload.example.org/") == {}
    assert index.handler.asked == [("/simple/shop/", "")]


def test_a_file_without_a_digest_is_brought_once(served):
    elsewhere = served(b"content")
    files(served(f"<a href='{elsewhere.url}/shop-1.0.tar.gz'>x</a>".encode()), times=2)
    assert len(elsewhere.handler.asked) == 1


@pytest.mark.parametrize("charset", ["hex", "idna", "rot13", "none-such", "utf-7"])
@pytest.mark.once
def test_a_page_is_read_whatever_letters_it_claims_to_have(served, charset):
    page = served(b"<a href='shop-1.0.tar.gz#sha256=AB'>\xff</a>", f"text/html; charset={charset}")
    assert files(page) == {"shop-1.0.tar.gz": "sha256:ab"}


@pytest.mark.parametrize("name", ["[]", "{}", "5", "null"])
@pytest.mark.once
def test_what_is_no_name_is_a_problem(served, name):
    text = f'{{"files": [{{"filename": {name}, "url": "x", "hashes": {{}}}}]}}'.encode()
    with pytest.raises(ProblemError) as caught:
        files(served(text, "application/vnd.pypi.simple.v1+json"))
    assert caught.value.problems[0].code == "R021"
