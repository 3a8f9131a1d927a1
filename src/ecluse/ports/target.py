"""Where instances of a release run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import field
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from ecluse.model.app import Argv, Environment, Process
from ecluse.model.artifact import Bundle, Wheelhouse
from ecluse.model.holder import Holder
from ecluse.model.ids import DeploymentId, ReleaseId, ServiceName
from ecluse.model.observed import LeaseSeen, Observed
from ecluse.model.platform import HostPlatform
from ecluse.model.release import Release
from ecluse.model.service import Service
from ecluse.model.slot import Slot, Weights
from ecluse.model.values import frozen
from ecluse.ports.terminal import Terminal
from ecluse.ports.tunnel import Pipe, Way


@frozen
class Grant:
    """The right to give orders. `generation` only grows; a target refuses an older one (SupersededError)."""

    holder: Holder
    generation: int


@frozen
class Running:
    """What a target needs to run a release: nothing but this is asked for later."""

    release: Release
    bundle: Bundle
    wheelhouse: Wheelhouse | None = None
    """For this target; None: the bundle's own."""
    app: str
    environment: Environment
    processes: tuple[Process, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    """Settings that may be seen."""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Never in argv, journal or logs."""
    state: tuple[str, ...] = ()
    services: tuple[Service, ...] = ()
    """Run on the target before anything of the release is; only for one that RunsServices."""
    commands: tuple[Argv, ...] = ()
    """Run in the assembled tree while staging."""

    @property
    def web(self) -> Process | None:
        """None on a host that has other roles."""
        return next((process for process in self.processes if process.is_web), None)


@frozen
class Question:
    """An HTTP GET asked of one slot in private."""

    path: str
    host: str
    patience: timedelta = timedelta(seconds=5)


@frozen
class Answered:
    """The answer, or why there was none. `status` 0 means that no HTTP answer came; `why` then says what did."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""
    body: bytes = b""
    """At most the first 64 KiB."""
    seconds: float = 0.0
    why: str = ""


@frozen
class RanCommand:
    """How a command in a release ended."""

    exit_code: int | None
    output: str
    seconds: float
    timed_out: bool = False


@frozen
class Place:
    """In the line for a lease; `before` counts those who come first."""

    ticket: float
    before: int


@frozen
class Sent:
    """What of a release travelled to a target: `size` bytes, compressed, for the `of` bytes that it has in all."""

    size: int
    of: int


@frozen
class LogLine:
    """A line that a process printed."""

    at: datetime
    slot: Slot | None
    """None for a service, which serves both."""
    release: str
    process: str
    pid: int
    stream: str
    text: str


@frozen
class Lines:
    """Which lines are wanted; nothing given: all. `releases` are ids: services print for none, which is `""`."""

    process: str | None = None
    releases: tuple[str, ...] | None = None
    slot: Slot | None = None
    ago: timedelta | None = None
    """Not older than this, by the target's own clock."""

    def has(self, line: LogLine) -> bool:
        """But for the time, which the target alone can judge."""
        return (
            self.process in (None, line.process)
            and (self.releases is None or line.release in self.releases)
            and self.slot in (None, line.slot)
        )


ALL_LINES = Lines()


class Target(Protocol):
    """Where instances run. Every call may be repeated. Calls for different slots may run at once.

    Errors are ProblemError with a K code: the lease is held (K010, exit 4), we were superseded (K011, exit 4), the
    target can't be reached (K001, exit 5), the port is taken (K020), the disk is full (K030).
    """

    async def observe(self) -> Observed:
        """What is there now, from the target. Nothing there yet is an Observed with empty slots, not an error."""

    async def require_port(self, address: str, port: int) -> None:
        """That `start` could listen there now, else the ProblemError it would end with: taken (K020), the environment
        listens elsewhere (K021), not allowed (K022). Changes nothing, starts nothing, and is asked again by `start`."""

    async def wake(self) -> None:
        """Let be up and connected what obeys orders there, so that the next one takes no time. ProblemError when it
        can't be."""

    async def take(self, holder: Holder, lease: timedelta, generation: int = 0) -> Grant:
        """Take the lease: generation + 1, or the greater one asked for. Held by a live other, or free and others wait
        in line: ProblemError K010 naming it. Held by one that is provably gone, or expired: taken over. Whoever holds
        it may take it again."""

    async def wait(self, holder: Holder, ticket: float) -> Place:
        """A place in the line for the lease; 0 is for the first call, the place's ticket for those that follow, each
        within a few seconds. The line is served in order; `take` leaves it."""

    async def evict(self, by: str) -> LeaseSeen | None:
        """End the lease of whoever holds it, without a grant; no order of theirs is accepted afterwards. Whom."""

    async def renew(self, grant: Grant) -> None: ...

    async def give_back(self, grant: Grant) -> None:
        """End the lease of that holder, one too that it has taken again since. Already ended or superseded: nothing to
        do."""

    async def stage(self, grant: Grant, running: Running, say: Callable[[str], None]) -> Sent | None:
        """Bring the release here, assembled and verified, ready to start. Already there: quick. What was sent for it;
        None where nothing has to travel."""

    async def begin(
        self, grant: Grant, deployment: DeploymentId, running: Running, slot: Slot, verb: str = "deploy"
    ) -> None:
        """Open the journal: from here to `commit`, a vanished deployer means an undo; where the previous slot is
        ill by its own health check, and the new one isn't, one with `keep` (see `abort`). Another one open: K012.
        `verb` is what the person asked for, and kept with it: a rollback is gone on with as one."""

    async def run(
        self,
        grant: Grant,
        running: Running,
        argv: Argv,
        timeout: timedelta,  # noqa: ASYNC109 (the target keeps it)
        *,
        looks: bool = False,
    ) -> RanCommand:
        """Run a one-off command (a migration) in the staged release with its environment and secrets. One that only
        `looks` is no move of the open deployment. Of the others one is under way at a time: the same one, ordered again
        by whoever goes on with the deployment, is waited for. An undo ends it."""

    async def attach(self, grant: Grant | None, running: Running, argv: Argv, terminal: Terminal) -> int:
        """Run a command with the release's files, environment and secrets, its streams being the caller's: on a
        terminal it has one too. Its exit code, 128 and the signal's number for one that a signal ended (sh(1)). In what
        is piped secrets are masked. K041 when there is no such program.

        With a grant it ends with the lease, and by `give_up`; without, it holds nobody up and only `shut` ends it. Its
        release stays while it runs. Cancelled: the streams are let go, which most commands end of.
        """

    async def give_up(self, grant: Grant) -> None:
        """End what `run`, `attach` and `stage` have under way, with all that they started: a command returns as ended
        by a signal, a staging fails. Nothing under way: nothing to do. Later ones run. Without an open deployment the
        same becomes of what is under way when the lease ends."""

    async def start(self, grant: Grant, running: Running, slot: Slot) -> None:
        """Run the release in `slot`, without traffic. Already running there: do nothing. The other release there
        is stopped first if it has no traffic; with traffic: K013. Returns when the processes were started."""

    async def halt(self, grant: Grant, slot: Slot) -> None:
        """Stop what runs in the slot, at once for connections that are idle, and keep its place: new connections wait.
        An abort starts it again."""

    async def ask(self, slot: Slot, question: Question) -> Answered:
        """Ask one slot in private, whatever its weight."""

    async def flaw(self, slot: Slot) -> str:
        """Why what runs in the slot isn't fit to serve, by its own release's health check, asked a few times: one bad
        answer may be chance. Empty when it is fit, or has no check."""

    async def route(self, grant: Grant, weights: Weights, *, sticky: bool = False) -> None:
        """Share new connections. A slot that goes to 0 turns lame; one that gets traffic again stops being lame.
        `sticky`: a client stays with its share; only for a target that says so (SplitsTraffic)."""

    async def hold(self, grant: Grant, deployment: DeploymentId, duration: timedelta, left: tuple[str, ...]) -> None:
        """Leave the open deployment as it is for so long, with or without a deployer; `left` is kept with it."""

    async def decide(self, grant: Grant, deployment: DeploymentId, hosts: int, warm: timedelta) -> None:
        """Write down the decision to commit. On most of `hosts` hosts it is the point of no return; a target that is
        alone carries it out by itself if its deployer vanishes. Already decided or committed: nothing to do."""

    async def commit(self, grant: Grant, deployment: DeploymentId, warm: timedelta) -> None:
        """Close the journal; the other slot is stopped after `warm` (0: now, with drain). Already committed: nothing
        to do."""

    async def abort(self, grant: Grant, deployment: DeploymentId, why: str, *, keep: bool = False) -> str:
        """Undo: traffic back to the previous slot, the new slot drained and stopped, the journal closed. Empty.
        With `keep` (the previous slot isn't fit), and where that one is down and the new one up, the new slot keeps its
        traffic and gets all of it; the journal is closed as committed with the reason, which is returned.
        Already undone or kept: the same answer. Already committed: K014."""

    async def stop(self, grant: Grant, slot: Slot) -> None:
        """Drain and stop what runs in the slot. Empty: nothing to do. Returns when it is empty."""

    async def shut(self, grant: Grant, *, remove: bool = False) -> tuple[str, ...]:
        """Stop both slots and the keeper, close the sockets: nothing of the environment is left running. `remove`:
        nor anything else of it, the app's data included. K006 from a keeper that is too old for that. The names of the
        processes that had to be killed, their drain budget being over."""

    def logs(self, *, follow: bool, of: Lines = ALL_LINES, lines: int = 100) -> AsyncIterator[LogLine]:
        """The last `lines` of those that are wanted, oldest first, then, when `follow`, what comes of them."""

    async def forget(self, grant: Grant, keep: tuple[ReleaseId, ...]) -> None:
        """Remove staged releases that are neither in `keep`, in a slot, nor in the journal, and their blobs."""


@runtime_checkable
class SplitsTraffic(Protocol):
    """Weights other than 0 and 100 are honoured; `sticky`: and a client can be kept with its share."""

    splits_traffic: bool
    sticky: bool


@runtime_checkable
class RemembersDrains(Protocol):
    """A host behind a balancer keeps the memory of who drained it there, for whoever comes next."""

    async def remember_drained(self, grant: Grant, by: DeploymentId | None) -> None:
        """By which deployment; None: it isn't any more. On disk when it returns; it outlives the deployment."""


@frozen
class Shell:
    """A client for a person. What is in `env` may be secret."""

    argv: Argv
    env: Mapping[str, str] = field(repr=False)


@runtime_checkable
class RunsServices(Protocol):
    """Databases, caches and brokers live on the target beside the app. Their data outlives everything but `reset`."""

    async def provide(self, grant: Grant, services: tuple[Service, ...], say: Callable[[str], None]) -> None:
        """Start those that don't run; returns when all answer. One that can't be had: ProblemError V001; one that
        doesn't answer: K050. Those that are not named go on."""

    async def withdraw(self, grant: Grant, names: tuple[ServiceName, ...]) -> tuple[str, ...]:
        """Stop them; their data stays. The names of those that ran."""

    async def reset(self, grant: Grant, names: tuple[ServiceName, ...]) -> None:
        """Remove their data for ever; one that ran runs again, empty."""

    async def shell(self, name: ServiceName) -> Shell:
        """For one that runs; else K050."""


@runtime_checkable
class ReportsPlatform(Protocol):
    """Its wheels may have to be others than this machine's."""

    async def platform(self) -> HostPlatform | None:
        """What it runs on. None where that is this machine, or where it can't say."""


@runtime_checkable
class Tunnels(Protocol):
    """A process can be reached from here, though only its host lets it be."""

    async def way(self, process: str, slot: Slot | None = None) -> Way:
        """To the process, "" for the one that gets the traffic; in `slot`, whatever its weight, None for what serves.
        ProblemError K023 when there is none."""

    async def pipe(self, way: Way) -> Pipe:
        """A new connection. OSError when nobody accepts it there, ProblemError when the target can't be reached."""


@runtime_checkable
class Upgrades(Protocol):
    """The host process can be replaced by this version's without losing a request."""

    async def upgrade(self, grant: Grant) -> str:
        """Returns the version that runs afterwards. The same version: nothing to do."""
