"""What happened to an environment outside of its deployments."""

from __future__ import annotations

from dataclasses import dataclass

from ecluse.model.events.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseTaken(Event):
    """A deployer may give orders to an environment."""

    generation: int
    holder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseBroken(Event):
    """A person evicted a deployer."""

    evicted: str
    generation: int
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentStopped(Event):
    """A person stopped it."""

    release: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceSeen(Event):
    """The target was found in another state than the ledger said; the target is right."""

    expected: str
    found: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HostDrained(Event):
    """A person took it out of the balancer. `balancers`: the machines that were told."""

    host: str
    balancers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HostUndrained(Event):
    """A person put it back."""

    host: str
    balancers: tuple[str, ...] = ()
