"""The hosts of one environment, asked and ordered together. One machine is a fleet of one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from types import MappingProxyType

from ecluse.loop.each import on_each
from ecluse.model.app import App, Environment
from ecluse.model.ids import HostName
from ecluse.model.observed import Observed
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.model.values import frozen
from ecluse.ports.balancer import Balancer
from ecluse.ports.target import Target
from ecluse.ports.world import World

NONE: Mapping[HostName, Balancer] = MappingProxyType({})


@frozen
class Seen:
    """One look at every host. `lost` says why a host could not be asked."""

    hosts: Mapping[HostName, Observed]
    lost: Mapping[HostName, Problem] = field(default_factory=dict)

    @property
    def releases(self) -> Mapping[HostName, str]:
        """What serves on each host, empty where nothing does."""
        return {host: serving_release(seen) for host, seen in self.hosts.items()}

    @property
    def serving(self) -> str:
        """The release that most hosts serve."""
        found = [release for release in self.releases.values() if release]
        return max(found, key=found.count, default="")

    @property
    def is_mixed(self) -> bool:
        return len(set(self.releases.values())) > 1

    @property
    def first(self) -> Observed | None:
        """Any host's look, for what is the same on all."""
        return next(iter(self.hosts.values()), None)


class Fleet:
    """`targets` by the host's name; kept in sorted order, in which the lease is taken. `of`: how many hosts the
    environment has, where these are a part of them that decides for all. `balancers`: what stands in front of them, by
    machine."""

    def __init__(
        self, targets: Mapping[HostName, Target], of: int = 0, balancers: Mapping[HostName, Balancer] = NONE
    ) -> None:
        self.targets: Mapping[HostName, Target] = dict(sorted(targets.items()))
        self.of = of or len(targets)
        self.balancers = balancers

    @property
    def majority(self) -> int:
        """Of all hosts of the environment."""
        return self.of // 2 + 1

    @property
    def is_single(self) -> bool:
        return self.of == 1

    def without(self, hosts: Iterable[HostName]) -> Fleet:
        gone = set(hosts)
        left = {host: target for host, target in self.targets.items() if host not in gone}
        return Fleet(left, self.of, self.balancers)

    async def observe(self) -> Seen:
        """A single host that can't be reached is the Problem itself; of several, the others are still seen."""
        found = await on_each(self.targets, lambda host: self.targets[host].observe())
        lost = found.lost
        if self.is_single and lost:
            raise next(iter(found.failed.values()))
        return Seen(hosts=found.done, lost=lost)


def fleet_of(world: World, app: App, environment: Environment) -> Fleet:
    return Fleet(world.targets(app, environment), balancers=world.balancers(app, environment))


def is_lost(error: ProblemError) -> bool:
    return error.exit is Exit.UNREACHABLE


def serving_release(seen: Observed) -> str:
    return (seen.slot(seen.serving).release or "") if seen.serving else ""
