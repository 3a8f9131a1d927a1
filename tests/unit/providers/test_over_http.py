"""Forge, registry and index alike: what can't be asked is a Problem, and its words hold no secret."""

import asyncio
import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ecluse.assembly.outlets import outlets_of
from ecluse.model.problem import Exit, ProblemError
from ecluse.model.publishing import ForgeKind, ForgePlace, ImagePlace, IndexPlace
from ecluse.providers.github.forge import GitHubForge
from ecluse.providers.index.index import UvIndex
from ecluse.providers.oci.registry import OciRegistry

AWAY = "http://127.0.0.1:9"


def forge(address=AWAY, token="open sesame"):
    place = ForgePlace(kind=ForgeKind.GITHUB, token="TOKEN", api=address, repository="team/shop")
    return GitHubForge(place, "", token=token, env={}).release("v1")


def registry(address=AWAY):
    place = ImagePlace(address=f"{address}/team/shop", username="USER", password="PASSWORD")
    return OciRegistry(place, secrets={"USER": "ada", "PASSWORD": "open sesame"}).manifest("1")


def index(address=AWAY):
    place = IndexPlace(simple=f"{address}/simple/", upload=address)
    return UvIndex(place, uv=Path("uv"), env=os.environ, secrets={}, commands=None).files("shop")


CODES = [(forge, "R024"), (registry, "R026"), (index, "R021")]


def problem_of(asked):
    with pytest.raises(ProblemError) as caught:
        asyncio.run(asked)
    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize(("ask", "code"), CODES)
@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ALL_PROXY", "socks5://127.0.0.1:9"),
        ("ALL_PROXY", "ftp://127.0.0.1"),
        ("HTTP_PROXY", "::::"),
        ("SSL_CERT_FILE", "/nowhere"),
    ],
)
def test_a_proxy_or_a_certificate_that_cannot_be_used_is_said(monkeypatch, ask, code, variable, value):
    monkeypatch.setenv(variable, value)
    problem = problem_of(ask())
    assert (problem.code, problem.exit) == (code, Exit.UNREACHABLE)
    assert "HTTPS_PROXY, ALL_PROXY or SSL_CERT_FILE" in problem.evidence[0]


@pytest.mark.parametrize("token", ["open sesame\n", "open\0sesame", "öffne dich"])
def test_a_token_that_no_header_can_hold_is_not_quoted(token):
    problem = problem_of(forge(token=token))
    assert problem.code == "R024"
    assert "sesame" not in str(problem)
    assert "dich" not in str(problem)


def test_an_end_of_line_is_no_part_of_a_token(tmp_path, commands):
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.headers["Authorization"])
            self.send_response(404)
            self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        api = f"http://127.0.0.1:{server.server_port}"
        place = ForgePlace(kind=ForgeKind.GITHUB, token="TOKEN", api=api, repository="team/shop")
        made = outlets_of(tmp_path, tmp_path, {"TOKEN": "open-sesame\r\n"}, commands).forge(place, "")
        assert asyncio.run(made.release("v1")) is None
        server.shutdown()
    assert asked == ["Bearer open-sesame"]


@pytest.mark.parametrize("told", [b"no JSON", b"[]", b"{}", b"[" * 100_000, json.dumps({"token": None}).encode()])
@pytest.mark.once
def test_a_registry_that_gives_no_token_has_refused(told):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            is_token = self.path.startswith("/token")
            self.send_response(200 if is_token else 401)
            if not is_token:
                realm = f"http://127.0.0.1:{self.server.server_port}/token"
                self.send_header("WWW-Authenticate", f'Bearer realm="{realm}",service="s"')
            self.end_headers()
            self.wfile.write(told if is_token else b"")

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        problem = problem_of(registry(f"http://127.0.0.1:{server.server_port}"))
        server.shutdown()
    assert problem.code == "R027"


def forwarding(address):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(303)
            self.send_header("Location", f"{address}/simple/shop/")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def test_what_an_index_forwards_to_pypi_is_not_its_own():
    with forwarding("https://pypi.org") as server:
        assert asyncio.run(index(f"http://127.0.0.1:{server.server_port}")) == {}
        server.shutdown()
    with forwarding(AWAY) as server:
        assert problem_of(index(f"http://127.0.0.1:{server.server_port}")).code == "R021"
        server.shutdown()


def test_an_index_is_asked_with_the_certificates_of_pip(tmp_path):
    (tmp_path / "pip.conf").write_text("[global]\ncert = /nowhere.pem\n")
    place = IndexPlace(simple=f"{AWAY}/simple/", upload=AWAY)
    env = {"PIP_CONFIG_FILE": str(tmp_path / "pip.conf")}
    problem = problem_of(UvIndex(place, uv=Path("uv"), env=env, secrets={}, commands=None).files("shop"))
    assert problem.code == "R021"
    assert "SSL_CERT_FILE" in problem.evidence[0]
