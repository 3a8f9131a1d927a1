"""Poetry's `||` as one specifier: a requirement can't say *or*, but that what lies between is left out. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from packaging.specifiers import Specifier, SpecifierSet
from packaging.version import Version

MOST = 30
"""Releases that are left out one by one."""
Numbers = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """From `low` on, and below `high`; None: without a bound."""

    low: Numbers
    high: Numbers | None


def joined(alternatives: Sequence[SpecifierSet]) -> SpecifierSet | None:
    """What all of them together admit; None where a requirement can't say it."""
    ranges = [range_of(one) for one in alternatives]
    if any(one is None for one in ranges):
        return None
    ordered = sorted((one for one in ranges if one is not None), key=lambda one: one.low)
    gaps: list[str] = []
    end = ordered[0].high
    for one in ordered[1:]:
        if end is None or one.low <= end:
            end = None if end is None or one.high is None else max(end, one.high)
            continue
        between = tuple(releases(end, one.low))
        if not between:
            return None
        gaps += between
        end = one.high
    low = f">={dotted(ordered[0].low)}" if any(ordered[0].low) else ""
    return SpecifierSet(",".join(filter(None, (low, f"<{dotted(end)}" if end else "", *gaps))))


def range_of(specifiers: SpecifierSet) -> Range | None:
    """None where it isn't from one version up to below another."""
    low: Numbers = (0,)
    high: Numbers | None = None
    for one in specifiers:
        found = bounds(one)
        if found is None:
            return None
        low = max(low, found.low)
        high = found.high if high is None else high if found.high is None else min(high, found.high)
    return Range(low, high)


def bounds(one: Specifier) -> Range | None:
    series = one.version.removesuffix(".*")
    version = Version(series)
    if version.is_prerelease or version.is_postrelease or version.epoch or version.local:
        return None
    numbers = trimmed(version.release)
    match one.operator:
        case ">=":
            return Range(numbers, None)
        case "<":
            return Range((0,), numbers)
        case "==" if one.version.endswith(".*"):
            exact = version.release
            return Range(trimmed(exact), (*exact[:-1], exact[-1] + 1))
        case "~=":
            head = version.release[:-1]
            return Range(numbers, (*head[:-1], head[-1] + 1))
    return None


def releases(begin: Numbers, end: Numbers) -> Iterator[str]:
    """The series from one up to the other, both of one level: 2, 3 of `<2 || >=4`. None where they aren't."""
    level = max(len(begin), len(end))
    first, last = (numbers + (0,) * (level - len(numbers)) for numbers in (begin, end))
    if first[:-1] == last[:-1] and last[-1] - first[-1] <= MOST:
        for number in range(first[-1], last[-1]):
            yield f"!={dotted((*first[:-1], number))}.*"


def trimmed(numbers: Numbers) -> Numbers:
    """Without the zeros at the end, which mean nothing (PEP 440, "Version matching")."""
    while len(numbers) > 1 and not numbers[-1]:
        numbers = numbers[:-1]
    return numbers


def dotted(numbers: Numbers) -> str:
    return ".".join(map(str, numbers))
