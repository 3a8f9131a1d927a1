"""Reporters: a live one for a terminal, plain lines elsewhere."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, TextIO

from ecluse.ports.clock import Clock

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

ECHO = 4
"""Columns left free at the right: a terminal shows `^C` where the cursor is, and in the last column that would begin a
new line, below a row that nobody clears then."""
MARKS = {True: "✓", False: "✗"}
SPARSE = 3.0
"""Seconds between two lines of a log about the same wait."""
COLOURS = {True: "green", False: "red"}


class PlainReporter:
    """A line for each beginning, each end, and each line of output, which begins with the name of its step."""

    def __init__(self, stream: TextIO, clock: Clock) -> None:
        self._stream = stream
        self._stopwatch = Stopwatch(clock)
        self._lock = threading.Lock()

    def began(self, name: str, detail: str = "") -> None:
        self._stopwatch.start(name)
        self._write(f"… {name} {detail}".rstrip())

    def line(self, name: str, text: str) -> None:
        self._write(f"  {name} | {text}".rstrip())

    def waits(self, name: str, text: str) -> None:
        if self._stopwatch.is_due(name, SPARSE):
            self.line(name, text)

    def ended(self, name: str, ok: bool, detail: str = "") -> None:
        self._write(" ".join(filter(None, (MARKS[ok], name, self._stopwatch.stop(name), detail))))

    def note(self, text: str) -> None:
        self._write(f"  {text}")

    def close(self) -> None:
        self._stream.flush()

    def _write(self, text: str) -> None:
        with self._lock:
            self._stream.write(text + "\n")
            self._stream.flush()


class LiveReporter:
    """What is under way stands at the bottom, with its time and its newest line of output; what ended, above.

    After `close` what is told is printed, and nothing is shown as under way: threads may outlive an interrupt.
    """

    def __init__(self, console: Callable[[], Console], clock: Clock) -> None:
        """`console` is called when there is something to show: most commands are over before."""
        self._make_console = console
        self._stopwatch = Stopwatch(clock)
        self._lock = threading.RLock()
        self._display: Progress | None = None
        self._rows: dict[str, TaskID] = {}
        self._closed = False

    @cached_property
    def _console(self) -> Console:
        return self._make_console()

    def began(self, name: str, detail: str = "") -> None:
        with self._lock:
            self._stopwatch.start(name)
            self._tidy(name)
            self._show(name, detail)

    def line(self, name: str, text: str) -> None:
        shown = "".join(character for character in text if character.isprintable())
        if shown.strip():
            with self._lock:
                self._show(name, shown)

    def waits(self, name: str, text: str) -> None:
        self.line(name, text)

    def ended(self, name: str, ok: bool, detail: str = "") -> None:
        from rich.text import Text  # noqa: PLC0415

        with self._lock:
            self._tidy(name)
            took = self._stopwatch.stop(name)
            parts = [(MARKS[ok], COLOURS[ok]), (name, ""), (took, "dim"), (detail, "")]
            self._print(Text(" ").join(Text(*part) for part in parts if part[0]))

    def note(self, text: str) -> None:
        from rich.text import Text  # noqa: PLC0415

        with self._lock:
            self._tidy("")
            self._print(Text(f"  {text}"))

    def close(self) -> None:
        with self._lock:
            self._closed = True
            for name in list(self._rows):
                self._remove(name)

    def _show(self, name: str, line: str) -> None:
        """A row of the display, which is there as long as it has one: anything else may print in between."""
        if self._closed:
            return
        if self._display is None:
            self._display = display(self._console)
            self._display.start()
        if name in self._rows:
            self._display.update(self._rows[name], line=line)
        else:
            self._rows[name] = self._display.add_task(name, total=None, line=line)

    def _remove(self, name: str) -> None:
        if self._display is None or name not in self._rows:
            return
        self._display.remove_task(self._rows.pop(name))
        self._display.refresh()
        if not self._rows:
            self._display.stop()
            self._display = None

    def _tidy(self, name: str) -> None:
        """Remove the row of `name`, and those of what never began: their work is over when something else is told."""
        for row in list(self._rows):
            if row == name or row not in self._stopwatch:
                self._remove(row)

    def _print(self, text: object) -> None:
        self._console.print(text, soft_wrap=True, highlight=False)


class Stopwatch:
    """How long the things with a name took; they may overlap."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began: dict[str, float] = {}
        self._told: dict[str, float] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._began

    def start(self, name: str) -> None:
        self._began[name] = self._told[name] = self._clock.monotonic()

    def is_due(self, name: str, seconds: float) -> bool:
        """Whether so long has passed since it was started or this last was so."""
        now = self._clock.monotonic()
        due = now - self._told.setdefault(name, now) >= seconds
        if due:
            self._told[name] = now
        return due

    def stop(self, name: str) -> str:
        """Empty for what was never started."""
        began = self._began.pop(name, None)
        return "" if began is None else f"{self._clock.monotonic() - began:.1f}s"


def display(console: Console) -> Progress:
    """Spinner, name, time and newest line. The line is somebody else's output: no markup in it, and never two lines."""
    from rich.constrain import Constrain  # noqa: PLC0415
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415
    from rich.table import Column  # noqa: PLC0415

    class Rows(Progress):
        def get_renderable(self) -> Constrain:
            return Constrain(super().get_renderable(), console.width - ECHO)

    rest = Column(ratio=1, no_wrap=True, overflow="ellipsis")
    return Rows(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        TimeElapsedColumn(),
        TextColumn("{task.fields[line]}", style="dim", markup=False, table_column=rest),
        console=console,
        transient=True,
        expand=True,
    )
