"""Hosts that are taken out of the balancer while a deployment is at work on them, and put back.

Which deployment drained a host stands on that host, written before the balancer is told and removed after it was told
otherwise: whoever comes after a deployer that died finds it. A host that a person drained has no such note, and is left
as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from datetime import timedelta

from ecluse.loop.deploy.fleet import Fleet
from ecluse.loop.deploy.lease import Lease
from ecluse.loop.deploy.problems import last_one
from ecluse.loop.deploy.work import Work, at_one
from ecluse.loop.each import on_each, worst
from ecluse.model.balanced import ServerSeen, ServerState
from ecluse.model.ids import DeploymentId, HostName
from ecluse.model.observed import Observed, SlotState
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.model.values import frozen
from ecluse.ports.balancer import Balancer
from ecluse.ports.clock import Clock
from ecluse.ports.target import RemembersDrains

BETWEEN = 0.1
Looks = Mapping[HostName, Mapping[HostName, ServerSeen]]
"""By the balancer's machine, then by host."""


async def take_out(work: Work, hosts: Sequence[HostName], within: timedelta) -> str:
    """Drain them at every balancer and wait for what they have under way. What came of it, for the timeline.

    ProblemError where a balancer can't do it, or nobody would be left; then the caller undoes, and puts them back.
    """
    fleet, deployment = work.fleet, work.deployment.id
    looks = await looked(fleet.balancers)
    by_others = [host for host in hosts if _is_drained(host, looks) and not await _is_ours(work, host)]
    ours = [host for host in hosts if host not in by_others]
    require_others(ours, looks)
    for host in ours:
        await at_one(work, host, _remember(fleet, work.lease, host, deployment))
    await tell(fleet.balancers, ours, drained=True)
    left = await emptied(fleet.balancers, ours, within, work.world.clock)
    parts = [", ".join(ours), f"{', '.join(by_others)} was before" if by_others else "", told_left(left)]
    return "; ".join(filter(None, parts))


async def put_back(
    fleet: Fleet, lease: Lease, deployment: DeploymentId | None = None, hosts: Iterable[HostName] = ()
) -> Mapping[HostName, str]:
    """Undrain what that deployment, or any, had drained, on all hosts or those named. Why not, by host, where it
    could not be done. Safe to repeat."""
    if not fleet.balancers:
        return {}
    among = tuple(hosts) or tuple(fleet.targets)
    looks = (await on_each(among, lambda host: fleet.targets[host].observe())).done
    left: dict[HostName, str] = {}
    for host, seen in looks.items():  # one after the other: nginx is reloaded for each
        if seen.drained_by and deployment in {None, seen.drained_by}:
            if why := _not_up(seen):
                left[host] = why
                continue
            try:
                await tell(fleet.balancers, [host], drained=False)
                await _remember(fleet, lease, host, None)
            except ProblemError as error:
                left[host] = str(error)
    return left


def _not_up(seen: Observed) -> str:
    """Why it must not get requests yet: not every balancer asks a host before it gives it some."""
    waits = seen.serving and seen.slot(seen.serving).state is SlotState.WANTS_SECRETS
    return "it waits for its secrets" if waits else ""


@frozen
class BalancerSeen:
    """`machines`: the hosts as each balancer has them; `lost` says why one could not be asked."""

    machines: Looks
    lost: Mapping[HostName, Problem] = field(default_factory=dict)

    @property
    def exit(self) -> Exit:
        return worst(self.lost)

    def of(self, host: HostName) -> Mapping[HostName, ServerSeen]:
        return {machine: seen[host] for machine, seen in self.machines.items() if host in seen}


async def look_at(balancers: Mapping[HostName, Balancer]) -> BalancerSeen:
    found = await on_each(balancers, lambda machine: balancers[machine].look())
    return BalancerSeen(machines=found.done, lost=found.lost)


async def looked(balancers: Mapping[HostName, Balancer]) -> Looks:
    """All must answer."""
    found = await on_each(balancers, lambda machine: balancers[machine].look())
    _require(found.failed)
    return found.done


def require_others(hosts: Iterable[HostName], looks: Looks) -> None:
    """ProblemError D082 when one of them gets requests, and nobody else would."""
    going = set(hosts)
    for machine, seen in looks.items():
        ready = {host for host, one in seen.items() if one.state is ServerState.READY}
        if ready and ready <= going:
            raise ProblemError(last_one(sorted(ready), machine, seen))


async def tell(balancers: Mapping[HostName, Balancer], hosts: Iterable[HostName], *, drained: bool) -> None:
    """Each balancer is told of one host after the other; one that can't do it keeps no other from it."""
    wanted = tuple(hosts)

    async def act(machine: HostName) -> None:
        balancer = balancers[machine]
        for host in wanted:
            await (balancer.drain(host) if drained else balancer.undrain(host))

    _require((await on_each(balancers, act)).failed)


async def emptied(
    balancers: Mapping[HostName, Balancer], hosts: Iterable[HostName], within: timedelta, clock: Clock
) -> int | None:
    """How many requests are still under way when that time is over, or there are none any more; None: it can't be
    told."""
    wanted, until = tuple(hosts), clock.monotonic() + within.total_seconds()
    while True:
        looks = await looked(balancers)
        counts = [seen[host].under_way for seen in looks.values() for host in wanted if host in seen]
        if any(count is None for count in counts):
            return None
        left = sum(count or 0 for count in counts)
        if not left or clock.monotonic() >= until:
            return left
        await clock.sleep(BETWEEN)


def told_left(left: int | None) -> str:
    if left is None:
        return "whether anything is under way there can't be told"
    return f"{left} still under way" if left else ""


def _is_drained(host: HostName, looks: Looks) -> bool:
    return any(host in seen and seen[host].state is ServerState.DRAINED for seen in looks.values())


async def _is_ours(work: Work, host: HostName) -> bool:
    """A deployment that is gone on with may have drained it before."""
    seen = await at_one(work, host, work.fleet.targets[host].observe())
    return seen.drained_by == work.deployment.id


async def _remember(fleet: Fleet, lease: Lease, host: HostName, by: DeploymentId | None) -> None:
    target = fleet.targets[host]
    if isinstance(target, RemembersDrains):
        await target.remember_drained(lease.grant(), by)


def _require(failed: Mapping[HostName, ProblemError]) -> None:
    """The state that things are in is for the caller to say."""
    if failed:
        raise ProblemError(*(replace(one, state="") for error in failed.values() for one in error.problems))
