"""Hosts that are named together: `[groups]`, and what `@NAME` stands for. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

MARK = "@"
"""In front of the name of a group, where hosts are named. A host's name can't begin with it."""


class Member(NamedTuple):
    """A host of a list. `at`: the place in the list that it comes from; `group`: by way of which, empty for none."""

    host: str
    at: int
    group: str = ""


def members(names: Sequence[str], groups: Mapping[str, Sequence[str]]) -> Iterator[Member]:
    """All hosts, in order, one that is in two groups twice. Groups that aren't there have none, and neither have those
    that contain themselves within themselves: that is told elsewhere."""
    for at, name in enumerate(names):
        if name.startswith(MARK):
            group = name.removeprefix(MARK)
            yield from (Member(host, at, group) for host in _within(group, groups, ()))
        else:
            yield Member(name, at)


def hosts(names: Sequence[str], groups: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Each once."""
    return tuple(dict.fromkeys(member.host for member in members(names, groups)))


def circle(group: str, groups: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The way from the group back to itself; empty when there is none."""
    ways: list[tuple[str, ...]] = [(group,)]
    seen: set[str] = set()
    while ways:
        way = ways.pop()
        for inner in _groups_in(groups.get(way[-1], ())):
            if inner == group:
                return (*way, group)
            if inner not in seen:
                seen.add(inner)
                ways.append((*way, inner))
    return ()


def _within(group: str, groups: Mapping[str, Sequence[str]], outside: tuple[str, ...]) -> Iterator[str]:
    if group in outside:
        return
    for name in groups.get(group, ()):
        if name.startswith(MARK):
            yield from _within(name.removeprefix(MARK), groups, (*outside, group))
        else:
            yield name


def _groups_in(names: Sequence[str]) -> Iterator[str]:
    return (name.removeprefix(MARK) for name in names if name.startswith(MARK))
