"""A fixed limit on the error rate: easy to explain, and worse than the sequential test (docs/explanation/watch.md)."""

from __future__ import annotations

from dataclasses import replace

from ecluse.loop.deploy.judge import Sample
from ecluse.loop.deploy.signals import Tally
from ecluse.model.counted import counted
from ecluse.model.judgement import ERRORS, Inconclusive, Judgement, Measured, NotWorse, Worse
from ecluse.model.values import frozen

ENOUGH = 20
"""With fewer requests one error would be too many at once."""


@frozen
class FixedThreshold:
    """A Judge. Worse as soon as more than `limit` of all requests since the watch began have failed."""

    limit: float = 0.01
    first: Sample | None = None
    last: Sample | None = None
    convicted: Worse | None = None

    def after(self, sample: Sample) -> FixedThreshold:
        if self.convicted:
            return self
        seen = replace(self, first=self.first or sample, last=sample)
        measured = seen._measured()
        if measured.new.requests < ENOUGH or measured.new.rate <= self.limit:
            return seen
        return replace(seen, convicted=Worse(measured=measured, seconds=sample.seconds))

    @property
    def judgement(self) -> Judgement:
        if self.convicted:
            return self.convicted
        measured = self._measured()
        if measured.new.requests < ENOUGH:
            why = f"{counted(measured.new.requests, 'request')}, {ENOUGH} are needed"
            return Inconclusive(measured=(measured,), why=(why,))
        return NotWorse(measured=(measured,))

    def _measured(self) -> Measured:
        if self.first is None or self.last is None:
            return Measured(signal=ERRORS, new=Tally().failed, old=Tally().failed)
        new = Tally.of(self.last.new).since(Tally.of(self.first.new))
        return Measured(signal=ERRORS, new=new.failed, old=Tally.of(self.last.old).failed)
