"""Contradictions in `[environments.NAME.policy]`: what could never be met, or would be ignored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecluse.manifest.contradictions.unused import unused
from ecluse.manifest.fault import Fault, KeyPath
from ecluse.model.suggestion import suggest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from ecluse.manifest.schema.manifest import Manifest
    from ecluse.manifest.schema.policy import PolicyTable


def policy_faults(manifest: Manifest) -> Iterator[Fault]:
    before = {name: environment.policy.staging for name, environment in manifest.environments.items()}
    patterns = {name for name, environment in manifest.environments.items() if environment.instances}
    for name, environment in manifest.environments.items():
        path = ("environments", name, "policy")
        yield from _ignored(environment.policy, path)
        yield from _lacking(environment.policy, path)
        yield from _too_few(environment.policy, path)
        yield from _staging(name, before, patterns, (*path, "staging"))


def _ignored(policy: PolicyTable, path: KeyPath) -> Iterator[Fault]:
    if not policy.approvals:
        why = "no `approvals` are asked for"
        yield from unused(policy, path, {"approvers": why, "approval_expires": why})
    if not policy.holidays:
        yield from unused(policy, path, {"timezone": "there are no `holidays`; windows of `freeze` name their own"})
    if policy.max_backup_age is None:
        yield from unused(policy, path, {"last_backup": "there is no `max_backup_age`"})


def _lacking(policy: PolicyTable, path: KeyPath) -> Iterator[Fault]:
    if policy.holidays and policy.timezone is None:
        yield Fault(
            code="M055",
            path=(*path, "holidays"),
            what="nothing says where these days begin and end",
            fix='add `timezone = "Europe/Paris"`, or the zone that is yours',
        )
    if policy.max_backup_age is not None and not policy.last_backup:
        yield Fault(
            code="M055",
            path=(*path, "max_backup_age"),
            what="nothing says when the last backup was made, so no deploy could pass",
            fix="add `last_backup = …`, a command that prints that time (RFC 3339)",
        )


def _too_few(policy: PolicyTable, path: KeyPath) -> Iterator[Fault]:
    """Of people with one name before the @ only one counts."""
    people = {approver.partition("@")[0].lower() for approver in policy.approvers}
    if people and len(people) < policy.approvals:
        yield Fault(
            code="M055",
            path=(*path, "approvals"),
            what=f"{policy.approvals} approvals can't be had from {len(people)} people",
            fix="name more `approvers`, or ask for fewer",
        )


def _staging(name: str, before: Mapping[str, str | None], patterns: AbstractSet[str], path: KeyPath) -> Iterator[Fault]:
    wanted = before[name]
    if wanted is None:
        return
    if wanted not in before or wanted in patterns:
        near = suggest(wanted, before.keys() - patterns) or f"declare [environments.{wanted}], or remove it"
        yield Fault(code="M056", path=path, what=f"there is no environment {wanted!r}", fix=near)
    elif name in _chain(wanted, before):
        yield Fault(
            code="M055",
            path=path,
            what=f"a release would have to pass {name} before it comes to {name}",
            fix="name an environment that can be deployed to first",
        )


def _chain(name: str | None, before: Mapping[str, str | None]) -> list[str]:
    """The environments that a release has to pass, beginning with `name`."""
    passed: list[str] = []
    while name is not None and name not in passed:
        passed.append(name)
        name = before.get(name)
    return passed
