"""Contradictions in `[environments]`."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from ecluse.manifest.contradictions.balancers import balancer_faults
from ecluse.manifest.contradictions.steps import named_steps
from ecluse.manifest.contradictions.unused import unused
from ecluse.manifest.fault import Fault
from ecluse.manifest.groups import MARK, members
from ecluse.manifest.groups import hosts as expanded
from ecluse.model.host import HERE_PREFIX, host_name
from ecluse.model.rollout import AfterWatch, JudgeKind, Promotion, Strategy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from ecluse.manifest.schema.environment import EnvironmentTable
    from ecluse.manifest.schema.manifest import Manifest
    from ecluse.model.ids import HostName

    Groups = Mapping[str, Sequence[str]]

LAST_PORT = 65535
EVERYWHERE = "0.0.0.0"  # noqa: S104  compared with, not listened on


def environment_faults(manifest: Manifest, steps: AbstractSet[str]) -> Iterator[Fault]:
    for name, environment in manifest.environments.items():
        yield from named_steps(environment.gates or [], ("environments", name, "gates"), steps)
        yield from _host_faults(name, environment, manifest.groups)
        yield from _role_faults(name, environment, manifest.processes.keys(), manifest.groups)
        yield from balancer_faults(name, spelled_out(environment, manifest.groups), manifest.processes)
        yield from unused(environment.rollout, ("environments", name, "rollout"), _without_effect(environment))
        yield from _pattern_faults(name, manifest)
    for (first, one), (second, other) in combinations(manifest.environments.items(), 2):
        if _clash(one, other, manifest.groups):
            given = ["port"] if "port" in other.model_fields_set else []
            yield Fault(
                code="M051",
                path=("environments", second, *given),
                what=f"{second} and {first} both listen on port {max(one.port, other.port)}",
                fix="give each environment a port of its own",
            )


def _pattern_faults(name: str, manifest: Manifest) -> Iterator[Fault]:
    pattern = manifest.environments[name]
    if not pattern.instances:
        return
    path = ("environments", name, "instances")
    if name == "local":
        yield Fault(
            code="M091",
            path=path,
            what="`local` is what commands mean that name no environment, and nothing runs in a pattern",
            fix="give the pattern another name, such as [environments.review]",
        )
    if any(host.startswith(HERE_PREFIX) for host in expanded(pattern.hosts, manifest.groups)):
        yield Fault(
            code="M091",
            path=path,
            what="hosts `keeper:FOLDER` have their environment's port and those that follow, and so have a pattern's",
            fix="name no hosts (this machine), or hosts that are reached over SSH",
        )
    for other in manifest.environments:
        if other.startswith(f"{name}-"):
            yield Fault(
                code="M091",
                path=("environments", other),
                what=f"{other} would be one of the pattern {name}, too",
                fix="give one of the two another name",
            )


def spelled_out(environment: EnvironmentTable, groups: Groups) -> EnvironmentTable:
    """With hosts instead of groups."""
    roles = {process: [*expanded(hosts, groups)] for process, hosts in environment.roles.items()}
    return environment.model_copy(update={"hosts": [*expanded(environment.hosts, groups)], "roles": roles})


def _host_faults(name: str, environment: EnvironmentTable, groups: Groups) -> Iterator[Fault]:
    hosts = expanded(environment.hosts, groups)
    if environment.hosts and not hosts and all(host.removeprefix(MARK) in groups for host in environment.hosts):
        yield Fault(
            code="M057",
            path=("environments", name, "hosts"),
            what="the groups that are named here have no host",
            fix="name hosts in them; no `hosts` at all means this machine",
        )
    if len({host.startswith(HERE_PREFIX) for host in hosts}) > 1:
        yield Fault(
            code="M057",
            path=("environments", name, "hosts"),
            what="hosts of this machine and hosts that are reached over SSH are mixed",
            fix="give each kind an environment of its own",
        )
    if _ports(environment, groups)[-1] > LAST_PORT:
        yield Fault(
            code="M057",
            path=("environments", name, "instances" if environment.instances else "hosts"),
            what=f"{max(len(hosts), environment.instances)} ports from {environment.port} on go beyond {LAST_PORT}",
            fix="begin with a lower `port`: hosts, and environments of a pattern, listen on it and those that follow",
        )


def _role_faults(
    name: str, environment: EnvironmentTable, processes: AbstractSet[str], groups: Groups
) -> Iterator[Fault]:
    known = {host_name(host) for host in expanded(environment.hosts, groups)}
    for process, hosts in environment.roles.items():
        if process not in processes:
            yield Fault(
                code="M057",
                path=("environments", name, "roles", process),
                what=f"there is no process '{process}'",
                fix=f"declare [processes.{process}], or name one that is: {', '.join(sorted(processes)) or 'none is'}",
            )
        for host, at, group in members(hosts, groups):
            if host_name(host) not in known:
                yield Fault(
                    code="M057",
                    path=("environments", name, "roles", process, at),
                    what=f"{host!r}{f' of {MARK}{group}' if group else ''} is none of the hosts of {name}",
                    fix="name it in `hosts` too, in the same words",
                )


def _without_effect(environment: EnvironmentTable) -> dict[str, str]:
    """Keys of the rollout that this strategy doesn't look at, and why."""
    rollout = environment.rollout
    why: dict[str, str] = {}
    if environment.strategy is not Strategy.ROLLING:
        why |= dict.fromkeys(("batch", "wait"), "only `rolling` goes by batches of hosts")
    if environment.strategy is not Strategy.CANARY:
        why |= dict.fromkeys(("canary", "sticky"), "only `canary` shares the traffic")
    if rollout.judge is not JudgeKind.THRESHOLD:
        why["error_limit"] = "the sequential judge compares with the old release instead"
    if not _may_wait(environment):
        why["promote_within"] = "nothing waits for a person or for requests"
    return why


def _may_wait(environment: EnvironmentTable) -> bool:
    rollout = environment.rollout
    counts = environment.strategy is Strategy.CANARY and any("requests" in step for step in rollout.canary)
    return rollout.promote is Promotion.MANUAL or rollout.inconclusive is AfterWatch.HOLD or counts


def _ports(environment: EnvironmentTable, groups: Groups) -> range:
    """Each host of this machine has one of its own, and so has each environment of a pattern."""
    here = [host for host in expanded(environment.hosts, groups) if host.startswith(HERE_PREFIX)]
    return range(environment.port, environment.port + max(1, len(here), environment.instances))


def _clash(one: EnvironmentTable, other: EnvironmentTable, groups: Groups) -> bool:
    """On some host both listen; which name is which host over SSH, we don't know."""
    if not _share_a_host(one, other, groups):
        return False
    same_address = one.address == other.address or EVERYWHERE in (one.address, other.address)
    first, second = _ports(one, groups), _ports(other, groups)
    return first.start < second.stop and second.start < first.stop and same_address


def _share_a_host(one: EnvironmentTable, other: EnvironmentTable, groups: Groups) -> bool:
    first, second = _remote(one, groups), _remote(other, groups)
    return bool(first & second) if first or second else True


def _remote(environment: EnvironmentTable, groups: Groups) -> set[HostName]:
    found = expanded(environment.hosts, groups)
    return {host_name(host) for host in found if not host.startswith(HERE_PREFIX)}
