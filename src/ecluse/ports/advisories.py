"""Who knows the vulnerabilities of packages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from ecluse.model.package import Package, Vulnerability

Answer = tuple[Vulnerability, ...] | str
"""What is known against a package; a text says why there is no answer."""


class Advisories(Protocol):
    """Each package gets an answer of its own. A source that is away, refuses, or says what can't be read has not
    answered: that is a text, never an empty tuple, and nothing is raised for it. What was withdrawn isn't told."""

    @property
    def name(self) -> str:
        """The source, for people."""

    def content(self) -> str:
        """A name for all that it knows; empty for a source that may know more at any time."""

    async def ask(self, packages: Sequence[Package]) -> Mapping[Package, Answer]:
        """With a key for each of `packages`."""
