"""From what scanners brought back and what is accepted to one answer. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from ecluse.model.counted import counted
from ecluse.model.finding import Accepted, Finding, Scan, Unchecked, legible
from ecluse.model.security import Scanner, SecurityPolicy
from ecluse.model.values import frozen
from ecluse.model.verdict import Answer

MOST = 20
"""Findings that are evidence; all of them are in the reports."""


@frozen
class Judgement:
    """`stopping` and `open` are what nobody answers for: findings that reach the threshold, and what wasn't checked."""

    scans: tuple[Scan, ...]
    stopping: tuple[Finding, ...] = ()
    minor: tuple[Finding, ...] = ()
    """Under the threshold: told, and stops nothing."""
    open: tuple[Unchecked, ...] = ()
    accepted: tuple[tuple[Finding | Unchecked, Accepted], ...] = ()
    expired: tuple[Accepted, ...] = ()
    """Entries that would accept something that is there, if their day hadn't passed."""
    unused: tuple[Accepted, ...] = ()
    """Entries that accept nothing that is there."""
    notes: tuple[str, ...] = ()

    @property
    def answer(self) -> Answer:
        if self.stopping:
            return Answer.FAILED
        return Answer.NOT_CHECKED if self.open else Answer.PASSED

    @property
    def evidence(self) -> tuple[str, ...]:
        """What decided comes first, then a line for each scanner."""
        lines = (
            *_cut([f"{one.severity} {one.where}: {one.message} ({one.scanner} {one.rule})" for one in self.stopping]),
            *_cut([f"not checked: {one.scanner}, {one.where}: {one.why} [V021]" for one in self.open]),
            *(f"accepted until {one.until} by {one.who}, which is over: {one.what} [V022]" for one in self.expired),
            *(self._line(scan) for scan in self.scans),
            *(f"the baseline accepts what isn't there: {one.fingerprint} {one.what} [V023]" for one in self.unused),
            *self.notes,
        )
        return tuple(map(legible, lines))

    def _line(self, scan: Scan) -> str:
        """`code: 12 files, 1 finding, 2 minor, 1 accepted (bandit 1.9)`"""
        mine = [one for one, _ in self.accepted if one.scanner is scan.scanner]
        told = (
            (sum(one.scanner is scan.scanner for one in self.stopping), "finding"),
            (sum(one.scanner is scan.scanner for one in self.minor), "minor one"),
            (len(mine), "accepted one"),
        )
        facts = [counted(number, thing) for number, thing in told if number]
        state = "" if facts or any(one.scanner is scan.scanner for one in self.open) else "nothing found"
        parts = [f"{scan.looked:,} looked at", *filter(None, [*facts, state])]
        behind = ", ".join(filter(None, [scan.tool, *scan.notes]))
        return f"{scan.scanner}: {', '.join(parts)}{f' ({behind})' if behind else ''}"


def judge(
    scans: Sequence[Scan], policy: SecurityPolicy, baseline: Iterable[Accepted], today: date, notes: Iterable[str] = ()
) -> Judgement:
    """An entry of the baseline counts through its day. One for a scanner that did not run isn't called unused."""
    entries = {entry.fingerprint: entry for entry in baseline}
    counting = {name: entry for name, entry in entries.items() if entry.until >= today}
    found: list[Finding | Unchecked] = []
    for scan in scans:
        found += [*scan.findings, *scan.unchecked]
    here = {one.fingerprint for one in found}
    ran = {scan.scanner.value for scan in scans}
    asked = [one for one in found if not isinstance(one, Finding) or _reaches(one, policy)]
    left = [one for one in asked if one.fingerprint not in counting]
    return Judgement(
        scans=tuple(scans),
        stopping=tuple(sorted((one for one in left if isinstance(one, Finding)), key=_order)),
        minor=tuple(one for one in found if isinstance(one, Finding) and not _reaches(one, policy)),
        open=tuple(one for one in left if isinstance(one, Unchecked)),
        accepted=tuple((one, counting[one.fingerprint]) for one in asked if one.fingerprint in counting),
        expired=tuple(
            entry
            for name, entry in entries.items()
            if name in {one.fingerprint for one in left} and entry.until < today
        ),
        unused=tuple(
            entry for name, entry in entries.items() if name not in here and (not entry.scanner or entry.scanner in ran)
        ),
        notes=tuple(notes),
    )


def _reaches(finding: Finding, policy: SecurityPolicy) -> bool:
    return finding.severity.rank >= policy.threshold(finding.scanner).rank


def _order(finding: Finding) -> tuple[int, int, str, int]:
    return -finding.severity.rank, list(Scanner).index(finding.scanner), finding.place, finding.line


def _cut(lines: list[str]) -> list[str]:
    more = len(lines) - MOST
    return [*lines[:MOST], *([f"and {more} more"] if more > 0 else [])]
