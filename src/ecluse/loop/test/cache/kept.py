"""Results that are kept: looked up before a run, put there after it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ecluse.loop.test.cache.entry import CacheEntry, from_document, to_document
from ecluse.loop.test.cache.files import bring_papers, folders_of, keep_outputs, keep_papers, restore
from ecluse.loop.test.cache.keys import Key
from ecluse.loop.test.judged import Judged
from ecluse.model.app import Step
from ecluse.model.ids import Commit, StepName
from ecluse.model.values import frozen
from ecluse.ports.cache import StepCache, UnreachableError


@dataclass(slots=True)
class Kept:
    """The cache of one run. A cache that can't be reached costs a run its hits and nothing else; `warnings` say so."""

    cache: StepCache
    keys: Mapping[StepName, Key]
    able: frozenset[StepName]
    """The steps whose results may be kept."""
    paths: Mapping[StepName, str] = field(default_factory=dict)
    """Of steps that say what they are for, a name for the content of that."""
    private: Mapping[StepName, StepCache] = field(default_factory=dict)
    """Where results lie that are for this machine alone."""
    is_near: bool = True
    """All of it lies on this machine: none of it is asked over a network."""
    put_bytes: int = 0
    """Of what was put in this run, as if none of it had been there."""
    _warnings: list[str] = field(default_factory=list)

    @property
    def warnings(self) -> tuple[str, ...]:
        return (*self._warnings, *self.cache.troubles)

    def look_up(self, steps: Iterable[Step]) -> dict[StepName, CacheEntry]:
        """The entries of those steps that needn't run."""
        found = ((step.name, self._entry(step)) for step in steps if step.name in self.able)
        return {name: entry for name, entry in found if entry is not None}

    def restore(self, name: StepName, entry: CacheEntry, folder: Path) -> bool:
        """Bring a step's outputs to `folder`. False when they can't be had after all: then it has to run."""
        try:
            whole = restore(entry, self._cache_of(name), folder)
        except UnreachableError as error:
            self._warn(error)
            return False
        if not whole:
            self._cache_of(name).remove(self.keys[name].digest)
        return whole

    def put(self, step: Step, judged: Judged, made: Made) -> None:
        """Keep what a step has left that passed at its first attempt: one that passed at another is flaky, and shall
        be seen to be."""
        if step.name not in self.able:
            return
        cache = self._cache_of(step.name)
        try:
            entry = CacheEntry(
                step=step.name,
                parts=self.keys[step.name].parts,
                commit=made.commit,
                at=made.at,
                seconds=round(made.seconds, 3),
                evidence=judged.evidence,
                covered=judged.covered,
                known=judged.known,
                cured=judged.cured,
                outputs=keep_outputs(made.outputs, cache) if made.outputs else (),
                folders=folders_of(made.outputs) if made.outputs else (),
                paths=self.paths.get(step.name, ""),
                papers=keep_papers(made.papers, cache),
            )
            document = to_document(entry)
            cache.put(self.keys[step.name].digest, document)
            self.put_bytes += len(document) + sum(size for _, size in entry.files)
        except UnreachableError as error:
            self._warn(error)

    def bring_papers(self, entry: CacheEntry, folder: Path) -> None:
        try:
            bring_papers(entry, self._cache_of(StepName(entry.step)), folder)
        except UnreachableError as error:
            self._warn(error)

    def _entry(self, step: Step) -> CacheEntry | None:
        key, cache = self.keys[step.name], self._cache_of(step.name)
        try:
            document = cache.get(key.digest)
        except UnreachableError as error:
            self._warn(error)
            return None
        entry = from_document(document) if document else None
        if entry is None or entry.parts != key.parts:
            return None
        return entry if all(cache.holds(digest, size) for digest, size in entry.files) else None

    def _cache_of(self, name: StepName) -> StepCache:
        return self.private.get(name, self.cache)

    def _warn(self, error: UnreachableError) -> None:
        said = f"it can't be used: {error}"
        if said not in self._warnings:
            self._warnings.append(said)


def passes(cache: StepCache) -> list[CacheEntry]:
    """All that is kept, newest first."""
    entries = (from_document(document) for _, document in cache.documents())
    return sorted(filter(None, entries), key=lambda one: one.at, reverse=True)


@frozen
class Made:
    """Of a step that passed: its log and reports, where its outputs lie if it has some, when, and at which commit."""

    papers: tuple[Path, ...]
    outputs: Path | None
    commit: Commit
    at: str
    seconds: float
