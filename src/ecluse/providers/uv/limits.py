"""What bounds the versions of all that uv chooses, of the tools that packages are built with too."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from ecluse.model.app import Build
from ecluse.model.values import frozen

FIRST_SETUPTOOLS = "2020-03-08T00:00:00Z"
"""uv asks for setuptools 40.8 or newer where a source names no backend (PEP 517); this is the last day before version
46, which dropped what setup scripts of that age import. An earlier date would leave nothing to build with."""


@frozen
class Limits:
    """What narrows the versions that are taken."""

    exclude_newer: str = ""
    build_constraints: tuple[str, ...] = ()

    @classmethod
    def of(cls, build: Build) -> Limits:
        return cls(exclude_newer=build.exclude_newer, build_constraints=build.build_constraints)

    @property
    def key(self) -> object:
        """The same for what was kept before there were constraints."""
        return (self.exclude_newer, self.build_constraints) if self.build_constraints else self.exclude_newer

    def options(self, work: Path) -> tuple[str, ...]:
        """uv's options; `work` is a folder to write to."""
        newest = self.exclude_newer
        date: tuple[str, ...] = ("--exclude-newer", newest) if newest else ()
        if newest and _moment(newest) < _moment(FIRST_SETUPTOOLS):
            date += ("--exclude-newer-package", f"setuptools={FIRST_SETUPTOOLS}")
        if not self.build_constraints:
            return date
        file = work / "build-constraints.txt"
        file.write_text("".join(f"{one}\n" for one in self.build_constraints), encoding="utf-8")
        return (*date, "--build-constraints", str(file))


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
