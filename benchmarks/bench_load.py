"""Load on a server and what it costs: wrk beside it on the same machine, and the processor time of its processes."""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench_shop import table

SECONDS = 5
UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}
POST = 'wrk.method = "POST"\nwrk.body = "abc"\nwrk.headers["Content-Type"] = "application/octet-stream"\n'


@dataclass(frozen=True)
class Measured:
    rate: float
    p99: float
    errors: int
    cpu: float
    """Microseconds of the app's processes for a request."""


def measured(port: int, roots: list[int], path: str = "/", *, post: bool = False) -> Measured:
    before = processor_time(roots)
    rate, p99, errors, requests = wrk(port, path, post=post)
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


def wrk(port: int, path: str, *, post: bool) -> tuple[float, float, int, int]:
    """Requests a second, p99 in milliseconds, errors, requests."""
    argv = ["wrk", "-t1", "-c32", f"-d{SECONDS}s", "--latency", f"http://127.0.0.1:{port}{path}"]
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(POST if post else "")
        script.flush()
        out = subprocess.run([*argv, "-s", script.name], capture_output=True, text=True, check=True).stdout
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1])
    value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", out).groups()
    errors = sum(int(number) for number in re.findall(r"(?:connect|read|write|timeout) (\d+)", out))
    return rate, float(value) * UNITS[unit], errors, int(re.search(r"(\d+) requests in", out)[1])


def compare(figures: dict[str, list[Measured]], title: str) -> None:
    """A table in which the first row is what the others are compared with: each round with the same round of the first,
    since what disturbs a machine lasts longer than a round."""
    first = next(iter(figures))
    rows = [
        (
            name,
            f"{median(found, 'rate'):,.0f}",
            f"{ratio(found, figures[first], 'rate'):.2f}",
            f"{median(found, 'cpu'):.0f}",
            f"{ratio(found, figures[first], 'cpu'):.2f}",
            f"{median(found, 'p99'):.1f}",
            sum(one.errors for one in found),
            " ".join(f"{one.rate:,.0f}" for one in found),
        )
        for name, found in figures.items()
    ]
    head = ("served", "requests/s", f"÷ {first}", "app µs/req", f"÷ {first}", "p99 ms", "errors", "each round")
    table(title, head, rows)


def median(found: list[Measured], what: str) -> float:
    return statistics.median(getattr(one, what) for one in found)


def ratio(found: list[Measured], base: list[Measured], what: str) -> float:
    """The median of the rounds' own ratios."""
    return statistics.median(getattr(one, what) / getattr(other, what) for one, other in zip(found, base, strict=True))
