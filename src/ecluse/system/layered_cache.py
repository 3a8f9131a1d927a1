"""This machine's own step cache before one that several share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from ecluse.model.ids import Digest
from ecluse.ports.cache import Shelved, StepCache, UnreachableError

Answer = TypeVar("Answer")


class LayeredCache:
    """Fills ports.cache.StepCache. What is found in `shared` is taken into `own`; what is put goes into both, unless
    `read_only`. Listing and removing are of `own` alone: others use the shared one, and whoever keeps it prunes it.

    A shared cache that can't be reached is as good as empty: it is asked no more, and `troubles` says why.
    """

    def __init__(self, own: StepCache, shared: Callable[[], StepCache], *, read_only: bool = False) -> None:
        """`shared` is called when it is asked for the first time; it may raise UnreachableError."""
        self._own, self._open, self._read_only = own, shared, read_only
        self._troubles: list[str] = []

    @cached_property
    def _shared(self) -> StepCache:
        return self._open()

    @property
    def troubles(self) -> tuple[str, ...]:
        return (*self._own.troubles, *self._troubles)

    def get(self, key: str) -> bytes | None:
        document = self._own.get(key)
        if document is None and (document := self._ask(lambda shared: shared.get(key), None)):
            self._own.put(key, document)
        return document

    def put(self, key: str, document: bytes) -> None:
        self._own.put(key, document)
        if not self._read_only:
            self._ask(lambda shared: shared.put(key, document), None)

    def holds(self, digest: Digest, size: int) -> bool:
        return self._own.holds(digest, size) or self._ask(lambda shared: shared.holds(digest, size), otherwise=False)

    def keep(self, digest: Digest, path: Path) -> None:
        self._own.keep(digest, path)
        if not self._read_only:
            self._ask(lambda shared: shared.keep(digest, path), None)

    def fetch(self, digest: Digest, into: Path) -> bool:
        if self._own.fetch(digest, into):
            return True
        if not self._ask(lambda shared: shared.fetch(digest, into), otherwise=False):
            return False
        self._own.keep(digest, into)
        return True

    def documents(self) -> Iterator[tuple[Shelved, bytes]]:
        return self._own.documents()

    def remove(self, *keys: str) -> None:
        self._own.remove(*keys)

    def sweep(self, kept: frozenset[Digest], until: datetime, gone: frozenset[Digest] = frozenset()) -> int:
        return self._own.sweep(kept, until, gone)

    def _ask(self, question: Callable[[StepCache], Answer], otherwise: Answer) -> Answer:
        if self._troubles:
            return otherwise
        try:
            return question(self._shared)
        except UnreachableError as error:
            self._troubles.append(f"the shared one can't be used: {error}")
            return otherwise
