"""A reporter for the log of a CI, which folds: what is under way is one fold, what ended is a line.

Folds can't be woven into each other. So the first thing under way is shown as it happens, and the others' lines wait
until it has ended, or they have.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Protocol, TextIO

from ecluse.model.harmless import harmless
from ecluse.model.values import frozen
from ecluse.ports.clock import Clock
from ecluse.providers.terminal.reporter import MARKS, SPARSE, Stopwatch

MOST_LINES = 10_000
"""Kept of one thing that waits; the last ones. All of them are in its log."""


@frozen
class Row:
    """One thing that ended."""

    name: str
    ok: bool
    took: str
    detail: str


class Folds(Protocol):
    """What a forge's log understands. Texts end in a line feed, or are empty."""

    def opened(self, name: str) -> str:
        """The lines of `name` follow."""

    def closed(self, name: str) -> str: ...

    def failed(self, row: Row, lines: tuple[str, ...]) -> str:
        """What makes a failure stand out; `lines` are the last ones of its output."""

    def summed_up(self, rows: tuple[Row, ...]) -> None:
        """All is over."""


@dataclass(slots=True)
class _Waiting:
    """One thing under way: its last lines, and those of them that weren't shown yet."""

    detail: str
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=MOST_LINES))
    untold: deque[str] = field(default_factory=lambda: deque(maxlen=MOST_LINES))


class FoldingReporter:
    """Fills ports.reporter.Reporter."""

    def __init__(self, stream: TextIO, clock: Clock, folds: Folds) -> None:
        self._stream, self._folds = stream, folds
        self._stopwatch = Stopwatch(clock)
        self._lock = threading.Lock()
        self._under_way: dict[str, _Waiting] = {}
        self._shown = ""
        self._rows: list[Row] = []
        self._closed = False

    def began(self, name: str, detail: str = "") -> None:
        with self._lock:
            self._stopwatch.start(name)
            self._under_way[name] = _Waiting(detail)
            self._show_next()

    def line(self, name: str, text: str) -> None:
        with self._lock:
            waiting = self._under_way.get(name)
            if waiting is None:
                self._write(harmless(f"  {name} | {_one_line(text)}"))
                return
            waiting.lines.append(text)
            if name == self._shown:
                self._write(text)
            else:
                waiting.untold.append(text)

    def waits(self, name: str, text: str) -> None:
        if self._stopwatch.is_due(name, SPARSE):
            self.line(name, text)

    def ended(self, name: str, ok: bool, detail: str = "") -> None:
        with self._lock:
            waiting = self._under_way.get(name)
            if waiting is not None and name != self._shown and waiting.untold:
                self._fold_away()
                self._unfold(name, waiting)
            if name == self._shown or not ok:  # in another's fold what is told of a failure would be part of its output
                self._fold_away()
            self._under_way.pop(name, None)
            row = Row(name=name, ok=ok, took=self._stopwatch.stop(name), detail=detail)
            self._rows.append(row)
            self._write(harmless(" ".join(filter(None, (MARKS[ok], name, row.took, _one_line(detail))))))
            if not ok:
                self._stream.write(self._folds.failed(row, tuple(waiting.lines) if waiting else ()))
            self._show_next()

    def note(self, text: str) -> None:
        with self._lock:
            self._write(harmless(f"  {_one_line(text)}"))

    def close(self) -> None:
        with self._lock:
            self._fold_away()
            self._under_way.clear()
            if self._rows and not self._closed:
                self._folds.summed_up(tuple(self._rows))
            self._closed = True
            self._stream.flush()

    def _show_next(self) -> None:
        if self._shown:
            return
        for name, waiting in self._under_way.items():
            self._unfold(name, waiting)
            return

    def _unfold(self, name: str, waiting: _Waiting) -> None:
        self._write(harmless(f"… {name} {_one_line(waiting.detail)}".rstrip()))
        self._stream.write(self._folds.opened(name))
        while waiting.untold:
            self._write(waiting.untold.popleft())
        self._shown = name

    def _fold_away(self) -> None:
        if self._shown:
            self._stream.write(self._folds.closed(self._shown))
            self._shown = ""

    def _write(self, text: str) -> None:
        self._stream.write(text.rstrip("\r\n") + "\n")
        self._stream.flush()


def _one_line(text: str) -> str:
    """A second line could be taken for a command of the forge's."""
    return " ".join(text.splitlines())
