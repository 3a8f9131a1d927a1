"""Throughput and p99 of one app: served directly, through the process target, behind nginx and behind HAProxy.

The same server, workers and app in all four; wrk with 32 connections on the same machine, in turns; medians of ROUNDS.
"direct, again" is a second one of the first row: what its ratio is off 1 by is the noise of the run.
With one worker a proxy has a core to itself; with as many workers as cores it takes its share from the app. What the
app's processes cost for a request (processor time) is what a busy machine disturbs least.
Usage: python benchmarks/throughput.py [ROUNDS [WORKERS]]
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench_load import SECONDS, Measured, compare, measured
from bench_shop import directly, free_port, program, served

NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log /dev/null;
events {{ worker_connections 1024; }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  upstream app {{ server 127.0.0.1:{upstream}; keepalive 64; }}
  server {{ listen 127.0.0.1:{port}; location / {{
    proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ""; }} }}
}}
"""
HAPROXY = """
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  http-reuse always
frontend in
  bind 127.0.0.1:{port}
  default_backend app
backend app
  server one 127.0.0.1:{upstream}
"""


def main(rounds: int, workers: int) -> None:
    with ExitStack() as stack:
        shop = stack.enter_context(served("flask-hello", count=workers))
        app, direct = stack.enter_context(directly(shop, workers))
        again, twin = stack.enter_context(directly(shop, workers))
        ports = {"direct": direct, "direct, again": twin, "ecluse": shop.port}
        roots = {"direct, again": again}
        for name, start in (("nginx", behind_nginx), ("haproxy", behind_haproxy)):
            if shutil.which(name) or Path("/usr/sbin", name).exists():
                ports[name] = stack.enter_context(start(direct))
        figures: dict[str, list[Measured]] = {name: [] for name in ports}
        for _ in range(rounds):
            for name, port in ports.items():
                figures[name].append(measured(port, shop.pids() if name == "ecluse" else [roots.get(name, app)]))
    compare(figures, f"GET /, 32 connections, {workers} worker(s), medians of {rounds} rounds of {SECONDS} s")


@contextmanager
def behind_nginx(upstream: int) -> Iterator[int]:
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        settings = Path(folder, "nginx.conf")
        settings.write_text(NGINX.format(folder=folder, port=port, upstream=upstream))
        nginx = shutil.which("nginx") or "/usr/sbin/nginx"
        with program([nginx, "-c", str(settings), "-p", folder], port):
            yield port


@contextmanager
def behind_haproxy(upstream: int) -> Iterator[int]:
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        settings = Path(folder, "haproxy.cfg")
        settings.write_text(HAPROXY.format(port=port, upstream=upstream))
        haproxy = shutil.which("haproxy") or "/usr/sbin/haproxy"
        with program([haproxy, "-f", str(settings)], port):
            yield port


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5, int(sys.argv[2]) if len(sys.argv) > 2 else 1)
