"""Contradictions in `[groups]`, and in what names them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecluse.manifest.fault import Fault, KeyPath
from ecluse.manifest.groups import MARK, Member, circle, members
from ecluse.model.host import host_name
from ecluse.model.suggestion import suggest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ecluse.manifest.schema.manifest import Manifest


def group_faults(manifest: Manifest) -> Iterator[Fault]:
    for name, hosts in manifest.groups.items():
        way = circle(name, manifest.groups)
        if not way:
            yield from list_faults(hosts, ("groups", name), manifest.groups)
        elif name == min(way):  # each circle once
            yield Fault(
                code="M068",
                path=("groups", name),
                what=f"groups contain each other in a circle: {' → '.join(way)}",
                fix="take one of them out of another",
            )
    for name, environment in manifest.environments.items():
        yield from list_faults(environment.hosts, ("environments", name, "hosts"), manifest.groups)
        for process, hosts in environment.roles.items():
            yield from list_faults(hosts, ("environments", name, "roles", process), manifest.groups)


def list_faults(names: Sequence[str], path: KeyPath, groups: Mapping[str, Sequence[str]]) -> Iterator[Fault]:
    """In one list of hosts and groups: groups that aren't there or are empty, and what is named twice. That two groups
    share a host is what groups are for; that they call it differently isn't."""
    for at, name in enumerate(names):
        if name.startswith(MARK) and (group := name.removeprefix(MARK)) not in groups:
            yield Fault(
                code="M065", path=(*path, at), what=f"there is no group '{group}'",
                fix=suggest(group, groups) or f'declare it: `{group} = ["deploy@web1"]` in [groups]',
            )  # fmt: skip
        elif name in names[:at]:
            yield Fault(code="M057", path=(*path, at), what=f"{name!r} is named twice", fix="name each once")
    yield from _twice(names, path, groups)


def _twice(names: Sequence[str], path: KeyPath, groups: Mapping[str, Sequence[str]]) -> Iterator[Fault]:
    first: dict[str, Member] = {}
    for member in members(names, groups):
        before = first.setdefault(host_name(member.host), member)
        if before.host != member.host:
            yield Fault(
                code="M057", path=(*path, member.at),
                what=f"{before.host!r} and {member.host!r} are one host", fix="name it in one way",
            )  # fmt: skip
        elif before.group != member.group and "" in (before.group, member.group):
            yield Fault(
                code="M057", path=(*path, member.at),
                what=f"{member.host!r} is named beside the group '{before.group or member.group}', which has it",
                fix="leave it to the group",
            )  # fmt: skip
