"""Throughput and p99 of one app: served directly, through the process target, behind nginx and behind HAProxy.

The same server, worker and app in all four; wrk with 32 connections on the same machine, in turns; medians of ROUNDS.
Usage: python benchmarks/throughput.py [ROUNDS]
"""

from __future__ import annotations

import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench_shop import Served, free_port, program, served, table

SECONDS = 5
UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}
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


def main(rounds: int) -> None:
    with ExitStack() as stack:
        shop = stack.enter_context(served("flask-hello"))
        direct = stack.enter_context(directly(shop))
        ports = {"direct": direct, "ecluse": shop.port}
        for name, start in (("nginx", behind_nginx), ("haproxy", behind_haproxy)):
            if shutil.which(name) or Path("/usr/sbin", name).exists():
                ports[name] = stack.enter_context(start(direct))
        figures: dict[str, list[tuple[float, float, int]]] = {name: [] for name in ports}
        for _ in range(rounds):
            for name, port in ports.items():
                figures[name].append(wrk(port))
    report(figures, rounds)


@contextmanager
def directly(shop: Served) -> Iterator[int]:
    """The same release, server and settings, on a socket of its own, without keeper or page."""
    (release,) = (shop.folder / ".ecluse/environments/local/releases").glob("r-*/")
    port = free_port()
    script = (
        "import sys, granian\nfrom granian.constants import Interfaces\n"
        f"granian.Granian('app:app', address='127.0.0.1', port={port}, interface=Interfaces.WSGI, workers=1,"
        " blocking_threads=8, log_enabled=False).serve()\n"
    )
    path = f"{release}/server/site"
    argv = [f"{release}/venv/bin/python", "-c", f"import sys; sys.path.append({path!r})\nsys.argv=['d']\n" + script]
    with program(argv, port, cwd=release / "tree", env={"PYTHONPATH": path, "PATH": "/usr/bin:/bin"}):
        yield port


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


def wrk(port: int) -> tuple[float, float, int]:
    """Requests a second, p99 in milliseconds, errors."""
    argv = ["wrk", "-t1", "-c32", f"-d{SECONDS}s", "--latency", f"http://127.0.0.1:{port}/"]
    out = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1])
    value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", out).groups()
    errors = sum(int(number) for number in re.findall(r"(?:connect|read|write|timeout) (\d+)", out))
    return rate, float(value) * UNITS[unit], errors


def report(figures: dict[str, list[tuple[float, float, int]]], rounds: int) -> None:
    base = statistics.median(rate for rate, _, _ in figures["direct"])
    rows = []
    for name, measured in figures.items():
        rates = [rate for rate, _, _ in measured]
        p99 = statistics.median(value for _, value, _ in measured)
        rows.append(
            (
                name,
                f"{statistics.median(rates):,.0f}",
                f"{statistics.median(rates) / base:.2f}",
                f"{p99:.1f}",
                sum(errors for _, _, errors in measured),
                " ".join(f"{rate:,.0f}" for rate in rates),
            )
        )
    table(
        f"GET /, 32 connections, 1 worker, medians of {rounds} rounds of {SECONDS} s",
        ("served", "requests/s", "of direct", "p99 ms", "errors", "each round"),
        rows,
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
