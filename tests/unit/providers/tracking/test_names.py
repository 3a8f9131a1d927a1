"""A name server that is silent holds nobody up."""

import asyncio
import threading

import pytest

from ecluse.model.problem import ProblemError
from ecluse.model.secret import Secret
from ecluse.providers.tracking.api import Api, Way
from ecluse.providers.tracking.names import await_answer
from ecluse.testing.clock import FakeClock


@pytest.mark.parametrize(
    "proxies",
    [
        {},
        {"NO_PROXY": "localhost"},
        {"HTTPS_PROXY": "http://127.0.0.1:1", "NO_PROXY": ".example"},
        {"HTTP_PROXY": "http://127.0.0.1:1"},
    ],
)
def test_a_silent_name_server_does_not_hold_up_the_end(monkeypatch, proxies):
    for name, value in proxies.items():
        monkeypatch.setenv(name, value)
    silent, looked_up = threading.Event(), threading.Event()

    def resolve(*_):
        looked_up.set()
        silent.wait()

    async def asked():
        way = Way(
            name="GitHub", url="https://tracker.example", headers={"Authorization": Secret("x")},
            token_name="T", project=lambda _: "/",
        )  # fmt: skip
        async with asyncio.timeout(0.02):
            await Api(way, FakeClock(), resolve).ask("GET", "/", key="#1", to="read")

    with pytest.raises(TimeoutError):
        asyncio.run(asked())  # which waits for every thread but this one
    assert looked_up.wait(5)
    assert not silent.is_set()
    silent.set()


def test_a_name_that_a_proxy_looks_up_is_not_asked_for_here(monkeypatch):
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    way = Way(name="GitHub", url="https://tracker.example", headers={}, token_name="T", project=lambda _: "/")
    asked = []
    with pytest.raises(ProblemError, match="Connection refused"):
        asyncio.run(Api(way, FakeClock(), lambda *host: asked.append(host)).ask("GET", "/", key="#1", to="read"))
    assert asked == []


@pytest.mark.parametrize("error", [None, OSError("no such name"), UnicodeError("label too long")])
def test_an_answer_of_any_kind_is_one(error):
    def resolve(*_):
        if error:
            raise error

    asyncio.run(await_answer("tracker.example", 443, resolve))
