"""One release moving into one environment: a state machine of legs over its hosts, made in order, or undone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import field, replace
from datetime import timedelta
from enum import StrEnum

from ecluse.model.ids import DeploymentId, HostName, ReleaseId
from ecluse.model.slot import Slot
from ecluse.model.values import frozen

ALL = 100
"""Percent of the traffic."""


class Move(StrEnum):
    """What a leg does; a deployment leaves some out and makes others several times."""

    STAGE = "stage"
    """Bring the release to the target, assembled and verified."""
    BEGIN = "begin"
    """Open the journal: from here on a vanished deployer means an undo."""
    MIGRATE = "migrate"
    DRAIN = "drain"
    """The balancer gives these hosts no new requests, and what they were given is answered."""
    HALT = "halt"
    """Stop the release that serves to make way: nothing serves until the shift."""
    START = "start"
    """Run the release in the free slot, without traffic."""
    GATE = "gate"
    """Ask that slot in private until it is healthy."""
    SHIFT = "shift"
    """A share of the new connections goes to it."""
    UNDRAIN = "undrain"
    WATCH = "watch"
    HOLD = "hold"
    """Wait for a person to promote it."""
    DECIDE = "decide"
    """Write the decision to commit on every host; most of them make it the point of no return."""
    COMMIT = "commit"


@frozen
class Leg:
    """One move on some hosts; without `hosts` on all. `weight` is for SHIFT, `lasts` and `requests` for WATCH: it ends
    after that time, or once the new release has answered that many requests, whichever is asked for."""

    move: Move
    hosts: tuple[HostName, ...] = ()
    weight: int = ALL
    lasts: timedelta = timedelta()
    requests: int = 0

    def to_text(self) -> str:
        """For a target's journal; `leg_from_text` reads it."""
        values = {"hosts": self.hosts, "weight": self.weight, "lasts": self.lasts.total_seconds()}
        return json.dumps({"move": self.move, **values, "requests": self.requests})


def leg_from_text(text: str) -> Leg:
    """ValueError or KeyError for what `to_text` didn't write."""
    found = json.loads(text)
    return Leg(
        move=Move(found["move"]),
        hosts=tuple(HostName(host) for host in found["hosts"]),
        weight=int(found["weight"]),
        lasts=timedelta(seconds=found["lasts"]),
        requests=int(found["requests"]),
    )


class IllegalMoveError(Exception):
    def __init__(self, move: Move, made: tuple[Leg, ...]) -> None:
        after = f"after {made[-1].move}" if made else "at the start"
        super().__init__(f"a deployment can't {move} {after}")


@frozen
class Place:
    """Where it goes on one host, and the slot to go back to; `previous` is None when nothing served there before.
    `restarts`: how often each process of the slot had been started again by then, where the release runs already."""

    host: HostName
    slot: Slot
    previous: Slot | None
    restarts: Mapping[str, int] = field(default_factory=dict, hash=False)


@frozen
class Deployment:
    """`legs` is the plan, `made` how far it got, the leg under way included."""

    id: DeploymentId
    release: ReleaseId
    places: tuple[Place, ...]
    legs: tuple[Leg, ...]
    made: tuple[Leg, ...] = ()

    def after(self, leg: Leg) -> Deployment:
        """Raises IllegalMoveError for anything but the next leg of the plan."""
        if self.left[:1] != (leg,):
            raise IllegalMoveError(leg.move, self.made)
        return replace(self, made=(*self.made, leg))

    @property
    def left(self) -> tuple[Leg, ...]:
        return self.legs[len(self.made) :]

    def has(self, move: Move) -> bool:
        return any(leg.move is move for leg in self.made)

    def at(self, leg: Leg) -> tuple[Place, ...]:
        """The places that a leg is about."""
        return tuple(place for place in self.places if not leg.hosts or place.host in leg.hosts)

    def without(self, host: HostName) -> Deployment:
        """One that is left out from here on."""
        return replace(self, places=tuple(place for place in self.places if place.host != host))
