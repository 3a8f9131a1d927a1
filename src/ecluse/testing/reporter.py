"""What a person would have been told."""

from __future__ import annotations


class HeardReporter:
    """Fills ports.reporter.Reporter; `heard` are (what, name, text)."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str, str]] = []

    def began(self, name: str, detail: str = "") -> None:
        self.heard.append(("began", name, detail))

    def line(self, name: str, text: str) -> None:
        self.heard.append(("line", name, text))

    def waits(self, name: str, text: str) -> None:
        self.heard.append(("waits", name, text))

    def ended(self, name: str, ok: bool, detail: str = "") -> None:
        self.heard.append(("ended" if ok else "failed", name, detail))

    def note(self, text: str) -> None:
        self.heard.append(("note", "", text))

    def close(self) -> None:
        self.heard.append(("closed", "", ""))
