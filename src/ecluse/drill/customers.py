"""Strict customers of every host: they never retry, and read the release in each answer."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

CONNECTIONS = 8
"""In all, shared by the hosts; at least two for each."""
PAUSE = 0.01
LONGEST = 60.0
"""Seconds after which they stop coming."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """`seen` has the times (`time.time`) of each release's first and last answer; `absent` is how many seconds of the
    rehearsal they missed, because they come for so long at most."""

    answered: int
    by_release: Mapping[str, int]
    lost: tuple[str, ...]
    seen: Mapping[str, tuple[float, float]]
    absent: float = 0.0


class Customers:
    """`with Customers(urls, folder) as customers: …`, then `customers.count`. They are processes of their own."""

    def __init__(self, urls: Mapping[str, str], folder: Path) -> None:
        self._urls, self._folder = urls, folder
        self._each = max(2, CONNECTIONS // len(urls))
        self._running: list[subprocess.Popen[str]] = []

    def __enter__(self) -> Self:
        self._running = [self._begin(url) for url in self._urls.values()]
        for process in self._running:
            if process.stderr is None or "ready" not in process.stderr.readline():
                raise RuntimeError("the customers did not come")
        self._since = time.monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        """Also in an emergency: what they counted is read, and none of them is left."""
        told = [process.communicate("", timeout=LONGEST)[0] for process in self._running]
        absent = max(0.0, time.monotonic() - self._since - LONGEST)
        self.count = replace(_together([json.loads(text) for text in told]), absent=absent)

    def _begin(self, url: str) -> subprocess.Popen[str]:
        load = (url, "--connections", str(self._each), "--pause", str(PAUSE), "--seconds", str(LONGEST))
        return subprocess.Popen(
            [sys.executable, "-m", "ecluse.testing.load", *load], cwd=self._folder, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip


def _together(tallies: list[Mapping[str, Any]]) -> Count:
    releases: dict[str, int] = {}
    seen: dict[str, tuple[float, float]] = {}
    lost: list[str] = []
    for tally in tallies:
        lost += tally["failures"]
        for release, count in tally["by_release"].items():
            releases[release] = releases.get(release, 0) + count
        for release, (first, last) in tally["seen"].items():
            earliest, latest = seen.get(release, (first, last))
            seen[release] = (min(first, earliest), max(last, latest))
    return Count(answered=sum(releases.values()), by_release=releases, lost=tuple(sorted(lost)), seen=seen)
