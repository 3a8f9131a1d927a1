"""What happened to an environment outside of its deployments."""

from __future__ import annotations

from ecluse.model.events.event import Event
from ecluse.model.values import frozen


@frozen
class LeaseTaken(Event):
    """A deployer may give orders to an environment."""

    generation: int
    holder: str


@frozen
class LeaseBroken(Event):
    """A person evicted a deployer."""

    evicted: str
    generation: int
    why: str = ""


@frozen
class EnvironmentStopped(Event):
    """A person stopped it. `killed`: processes that had not ended when their drain budget was over."""

    release: str = ""
    killed: tuple[str, ...] = ()


@frozen
class DifferenceSeen(Event):
    """The target was found in another state than the ledger said; the target is right."""

    expected: str
    found: str


@frozen
class HostDrained(Event):
    """A person took it out of the balancer. `balancers`: the machines that were told."""

    host: str
    balancers: tuple[str, ...] = ()


@frozen
class HostUndrained(Event):
    """A person put it back."""

    host: str
    balancers: tuple[str, ...] = ()
