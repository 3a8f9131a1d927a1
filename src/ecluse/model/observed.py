"""What is there now, as the target itself says. Never from memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from enum import StrEnum

from ecluse.model.holder import Holder
from ecluse.model.ids import DeploymentId, ReleaseId, Version
from ecluse.model.slot import Slot
from ecluse.model.values import frozen


class SlotState(StrEnum):
    EMPTY = "empty"
    STARTING = "starting"
    RUNNING = "running"
    """All processes are up; says nothing of traffic."""
    LAME = "lame"
    """Warm or draining: routed away, answers with `Connection: close`."""
    STOPPING = "stopping"
    HALTED = "halted"
    """Stopped to make way for a new release, and ready to be started again."""
    WANTS_SECRETS = "wants_secrets"
    """Its machine was started anew, and its secrets are on no disk: nothing runs until it is given them."""
    FAILED = "failed"
    """A process gave up: it exited more often than the back-off allows."""


@frozen
class ProcessSeen:
    """A process as its keeper sees it."""

    name: str
    pid: int | None
    state: str
    """`running`, `waiting` (for its next start), `ending` (it was told to), `exited`."""
    restarts: int = 0
    """Since it was last wanted: after exits that nobody asked for."""
    started_at: datetime | None = None
    last_exit: str = ""
    """`exit 1`, `SIGKILL`, `unknown` (adopted), or empty while it never ended."""
    log_tail: tuple[str, ...] = ()


@frozen
class Counters:
    """Since the release started in the slot; of an empty slot, what the last one there had counted in the end.
    `statuses` maps a class (`2xx`) to a count."""

    requests: int = 0
    statuses: Mapping[str, int] = field(default_factory=dict)
    buckets: tuple[int, ...] = ()
    """Latency histogram with the fixed bounds of `ecluse.wire.page.BOUNDS`."""
    connections: int = 0
    closed_at_end: int = 0
    """Idle connections that were still open when the drain budget ended."""


@frozen
class SlotSeen:
    """A slot as its keeper sees it."""

    slot: Slot
    state: SlotState = SlotState.EMPTY
    release: ReleaseId | None = None
    version: Version | None = None
    weight: int = 0
    processes: tuple[ProcessSeen, ...] = ()
    counters: Counters = Counters()
    guarantees: tuple[str, ...] = ()
    """What holds for this server: `lame-duck`, `counts`, `stamps`, `kernel-routing`, …"""
    warm_until: datetime | None = None


@frozen
class LeaseSeen:
    """Who may give orders, as the keeper sees it."""

    holder: Holder
    generation: int
    age: float
    """Seconds since it was taken."""
    left: float
    """Seconds until it expires."""
    gone: bool = False
    """The holder's process has provably ended: the next command needn't wait for that."""


@frozen
class Held:
    """A deployment that waits for a person. `left` are its steps that are still to be made, as texts."""

    left: tuple[str, ...]


@frozen
class OpenDeployment:
    """A deployment that neither committed nor was undone. `done`: whether its last move was finished."""

    id: DeploymentId
    release: ReleaseId
    version: Version
    slot: Slot
    previous: Slot | None
    generation: int
    last_move: str
    verb: str = "deploy"
    """What the person asked for: `ship`, `deploy`, `rollback`, `converge`."""
    done: bool = True
    made: tuple[str, ...] = ()
    """The names of the moves that were finished, as the journal calls them."""
    decided: bool = False
    """This host has the decision to commit."""
    held: Held | None = None


@frozen
class Finished:
    """A deployment that the target ended by itself, kept until a ledger imports it by its id."""

    id: DeploymentId
    outcome: str
    """`committed` or `reverted`."""
    why: str
    at: datetime


@frozen
class ServiceSeen:
    """A database, cache or broker of the environment. `state` is `running`, `waiting` (for its next start), `exited`
    or `failed`."""

    name: str
    kind: str
    state: str
    pid: int | None = None
    host: str = ""
    port: int = 0
    version: str = ""
    programs: str = ""
    restarts: int = 0
    started_at: datetime | None = None
    last_exit: str = ""
    log_tail: tuple[str, ...] = ()


@frozen
class Observed:
    """One look at a target."""

    at: datetime
    """By its own clock."""
    url: str
    slots: tuple[SlotSeen, ...]
    serving: Slot | None
    generation: int = 0
    lease: LeaseSeen | None = None
    open: OpenDeployment | None = None
    finished: tuple[Finished, ...] = ()
    drained_by: DeploymentId | None = None
    """The deployment that drained this host at the balancer and hasn't undrained it."""
    routing: str = "none"
    """`kernel` (the BPF program), `relay`, or `none` before the first start."""
    keeper_pid: int | None = None
    keeper_version: str = ""
    warnings: tuple[str, ...] = ()
    skew: float = 0.0
    """Seconds by which its clock is ahead of ours."""
    services: tuple[ServiceSeen, ...] = ()

    def slot(self, slot: Slot) -> SlotSeen:
        return next((seen for seen in self.slots if seen.slot is slot), SlotSeen(slot=slot))

    def running(self, release: ReleaseId) -> SlotSeen | None:
        """The slot in which `release` is, whether it gets traffic or not."""
        return next((seen for seen in self.slots if seen.release == release), None)

    @property
    def free(self) -> Slot:
        """The slot that a new release goes to."""
        return self.serving.other if self.serving else Slot.BLUE
