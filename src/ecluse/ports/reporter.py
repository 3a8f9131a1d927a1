"""Telling the person what happens while it happens. Nothing is decided here."""

from __future__ import annotations

from typing import Protocol


class Reporter(Protocol):
    """Calls may come from several threads. Output goes to standard error, never to standard output."""

    def began(self, name: str, detail: str = "") -> None:
        """A piece of work with a name begins."""

    def line(self, name: str, text: str) -> None:
        """One line of its live output."""

    def waits(self, name: str, text: str) -> None:
        """How it stands with something that is waited for. Replaces what was told so before, and may be told many times
        a second: where lines stay, only some of them are printed."""

    def ended(self, name: str, ok: bool, detail: str = "") -> None: ...

    def note(self, text: str) -> None:
        """A fact worth a line of its own."""

    def close(self) -> None:
        """Nothing is under way any more: the terminal belongs to others. Safe to repeat."""
