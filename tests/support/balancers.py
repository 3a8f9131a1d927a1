"""A real HAProxy or nginx in front of hosts of this machine, with what `ecluse balancer render` wrote."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ecluse.model.app import App, Environment, Health
from ecluse.model.balanced import Balanced, balanced
from ecluse.model.balancer import Balancer, BalancerKind
from ecluse.model.ids import EnvironmentName
from ecluse.testing.releases import WEB

PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
HEALTH = Health(path="/up", status=(200, 204))


def program(name: str) -> str:
    """Skips where it isn't installed."""
    found = shutil.which(name, path=PATH)
    if found is None:
        pytest.skip(f"no {name} on this machine")
    return found


def about(kind: BalancerKind, folder: Path, listen: int, **ports: int) -> Balanced:
    """Hosts by name, each with a port of 127.0.0.1."""
    balancer = Balancer(
        kind=kind,
        listen=f"127.0.0.1:{listen}",
        addresses={f"keeper:{name}": f"127.0.0.1:{port}" for name, port in ports.items()},
        socket=str(folder / "admin.sock"),
        file=str(folder / "shop.servers"),
        reload=(program("nginx"), "-c", str(folder / "nginx.conf"), "-s", "reload") if kind == "nginx" else (),
    )
    environment = Environment(
        name=EnvironmentName("live"), hosts=tuple(f"keeper:{name}" for name in ports), balancer=balancer
    )
    app = App(name="shop", processes=(replace(WEB, health=HEALTH),))
    return balanced(app, environment, balancer)


@contextmanager
def haproxy(folder: Path, text: str, listen: int) -> Iterator[subprocess.Popen[bytes]]:
    """Up when it returns; the text is checked by HAProxy itself first."""
    file = folder / "haproxy.cfg"
    if os.geteuid():  # only root can become somebody else
        text = text.replace("    user haproxy\n    group haproxy\n", "").replace(" group haproxy", "")
    file.write_text(text)
    checked = subprocess.run([program("haproxy"), "-c", "-f", file], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "warn" not in (checked.stdout + checked.stderr).lower(), checked.stderr
    with (folder / "haproxy.log").open("ab") as log:
        running = subprocess.Popen([program("haproxy"), "-db", "-f", str(file)], stdout=log, stderr=log)
    try:
        listens(listen, folder / "haproxy.log")
        yield running
    finally:
        running.kill()
        running.wait()


NGINX = """\
daemon off; worker_processes 2; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
    uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
    include {folder}/shop.conf;
}}
"""


@contextmanager
def nginx(folder: Path, text: str, servers: str, listen: int) -> Iterator[subprocess.Popen[bytes]]:
    (folder / "shop.conf").write_text(text)
    (folder / "shop.servers").write_text(servers)
    file = folder / "nginx.conf"
    file.write_text(NGINX.format(folder=folder))
    checked = subprocess.run(
        [program("nginx"), "-t", "-q", "-c", str(file)], capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stderr) == (0, "")
    running = subprocess.Popen([program("nginx"), "-c", str(file)], stderr=subprocess.DEVNULL)
    try:
        listens(listen, folder / "nginx.log")
        yield running
    finally:
        running.terminate()
        running.wait()


def listens(port: int, log: Path) -> None:
    until = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.02)


class Answers(BaseHTTPRequestHandler):
    """Names the server that answers."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = str(self.server.server_address[1]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def servers(*ports: int) -> Iterator[None]:
    with ExitStack() as stack:
        for port in ports:
            server = stack.enter_context(ThreadingHTTPServer(("127.0.0.1", port), Answers))
            threading.Thread(target=server.serve_forever, daemon=True).start()
            stack.callback(server.shutdown)
        yield
