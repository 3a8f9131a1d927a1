"""Throughput and p99 of one app: served directly, through the process target, behind nginx and behind HAProxy.

The same server, workers and app in all four; wrk with 32 connections on the same machine, in turns; medians of ROUNDS.
With one worker a proxy has a core to itself; with as many workers as cores it takes its share from the app. What the
app's processes cost for a request (processor time) is what a busy machine disturbs least.
Usage: python benchmarks/throughput.py [ROUNDS [WORKERS]]
"""

from __future__ import annotations

import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Measured:
    rate: float
    p99: float
    errors: int
    cpu: float
    """Microseconds of the app's processes for a request."""


def main(rounds: int, workers: int) -> None:
    with ExitStack() as stack:
        shop = stack.enter_context(served("flask-hello", count=workers))
        app, direct = stack.enter_context(directly(shop, workers))
        ports = {"direct": direct, "ecluse": shop.port}
        for name, start in (("nginx", behind_nginx), ("haproxy", behind_haproxy)):
            if shutil.which(name) or Path("/usr/sbin", name).exists():
                ports[name] = stack.enter_context(start(direct))
        figures: dict[str, list[Measured]] = {name: [] for name in ports}
        for _ in range(rounds):
            for name, port in ports.items():
                figures[name].append(measured(port, shop.pids() if name == "ecluse" else [app]))
    report(figures, rounds, workers)


def measured(port: int, roots: list[int]) -> Measured:
    before = processor_time(roots)
    rate, p99, errors, requests = wrk(port)
    return Measured(rate, p99, errors, (processor_time(roots) - before) / requests * 1e6)


def processor_time(roots: list[int]) -> float:
    """Seconds that these processes and their descendants have used so far."""
    used, parents = {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        pid = int(stat.parent.name)
        parents[pid], used[pid] = int(words[1]), int(words[11]) + int(words[12])
    members = set(roots)
    while grown := {pid for pid, parent in parents.items() if parent in members} - members:
        members |= grown
    return sum(used.get(pid, 0) for pid in members) / os.sysconf("SC_CLK_TCK")


@contextmanager
def directly(shop: Served, workers: int) -> Iterator[tuple[int, int]]:
    """The same release, server and settings, on a socket of its own, without keeper or page. Its pid and port."""
    (release,) = (shop.folder / ".ecluse/environments/local/releases").glob("r-*/")
    port = free_port()
    script = (
        "import sys, granian\nfrom granian.constants import Interfaces\n"
        f"granian.Granian('app:app', address='127.0.0.1', port={port}, interface=Interfaces.WSGI, workers={workers},"
        " blocking_threads=8, log_enabled=False).serve()\n"
    )
    path = f"{release}/server/site"
    argv = [f"{release}/venv/bin/python", "-c", f"import sys; sys.path.append({path!r})\nsys.argv=['d']\n" + script]
    with program(argv, port, cwd=release / "tree", env={"PYTHONPATH": path, "PATH": "/usr/bin:/bin"}) as process:
        yield process.pid, port


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


def wrk(port: int) -> tuple[float, float, int, int]:
    """Requests a second, p99 in milliseconds, errors, requests."""
    argv = ["wrk", "-t1", "-c32", f"-d{SECONDS}s", "--latency", f"http://127.0.0.1:{port}/"]
    out = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1])
    value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", out).groups()
    errors = sum(int(number) for number in re.findall(r"(?:connect|read|write|timeout) (\d+)", out))
    return rate, float(value) * UNITS[unit], errors, int(re.search(r"(\d+) requests in", out)[1])


def report(figures: dict[str, list[Measured]], rounds: int, workers: int) -> None:
    base = {what: median(figures["direct"], what) for what in ("rate", "cpu", "p99")}
    rows = [
        (
            name,
            f"{median(found, 'rate'):,.0f}",
            f"{median(found, 'rate') / base['rate']:.2f}",
            f"{median(found, 'cpu'):.0f}",
            f"{median(found, 'cpu') / base['cpu']:.2f}",
            f"{median(found, 'p99'):.1f}",
            sum(one.errors for one in found),
            " ".join(f"{one.rate:,.0f}" for one in found),
        )
        for name, found in figures.items()
    ]
    table(
        f"GET /, 32 connections, {workers} worker(s), medians of {rounds} rounds of {SECONDS} s",
        ("served", "requests/s", "of direct", "app µs/req", "of direct", "p99 ms", "errors", "each round"),
        rows,
    )


def median(found: list[Measured], what: str) -> float:
    return statistics.median(getattr(one, what) for one in found)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5, int(sys.argv[2]) if len(sys.argv) > 2 else 1)
