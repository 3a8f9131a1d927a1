"""Reporters: a live one for a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import threading
from typing import TextIO

from ecluse.ports.clock import Clock
from ecluse.ports.reporter import Reporter

CLEAR_LINE = "\r\x1b[2K"
MARKS = {True: "✓", False: "✗"}
WIDTH = 100


class PlainReporter:
    """A line for each beginning and end; live output of steps is left to their logs."""

    def __init__(self, stream: TextIO, clock: Clock) -> None:
        self._stream = stream
        self._clock = clock
        self._lock = threading.Lock()
        self._began: dict[str, float] = {}

    def began(self, name: str, detail: str = "") -> None:
        self._began[name] = self._clock.monotonic()
        self._write(f"… {name} {detail}".rstrip())

    def line(self, name: str, text: str) -> None:
        pass

    def ended(self, name: str, ok: bool, detail: str = "") -> None:
        self._write(f"{MARKS[ok]} {name} {self._took(name)} {detail}".rstrip())

    def note(self, text: str) -> None:
        self._write(f"  {text}")

    def _took(self, name: str) -> str:
        began = self._began.pop(name, None)
        return "" if began is None else f"{self._clock.monotonic() - began:.1f}s"

    def _write(self, text: str) -> None:
        with self._lock:
            self._stream.write(text + "\n")
            self._stream.flush()


class LiveReporter(PlainReporter):
    """Keeps the newest line of output of what is running on the last line of the terminal."""

    def __init__(self, stream: TextIO, clock: Clock, *, colour: bool) -> None:
        super().__init__(stream, clock)
        self._colour = colour

    def line(self, name: str, text: str) -> None:
        shown = "".join(character for character in text if character.isprintable())
        with self._lock:
            self._stream.write(f"{CLEAR_LINE}{self._dim(f'  {name}: {shown}'[:WIDTH])}")
            self._stream.flush()

    def ended(self, name: str, ok: bool, detail: str = "") -> None:
        mark = self._paint(MARKS[ok], "32" if ok else "31")
        self._write(f"{mark} {name} {self._dim(self._took(name))} {detail}".rstrip())

    def began(self, name: str, detail: str = "") -> None:
        self._began[name] = self._clock.monotonic()
        self.line(name, detail or "…")

    def _write(self, text: str) -> None:
        with self._lock:
            self._stream.write(f"{CLEAR_LINE}{text}\n")
            self._stream.flush()

    def _dim(self, text: str) -> str:
        return self._paint(text, "2")

    def _paint(self, text: str, style: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self._colour else text


def reporter(clock: Clock, *, no_colour: bool) -> Reporter:
    """Live on a terminal, plain elsewhere; NO_COLOR (no-color.org) is respected."""
    if sys.stderr.isatty():
        return LiveReporter(sys.stderr, clock, colour=not no_colour)
    return PlainReporter(sys.stderr, clock)
