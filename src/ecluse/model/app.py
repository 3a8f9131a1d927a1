"""What the manifest declares, checked and resolved: the App with its processes, steps and environments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from datetime import timedelta
from enum import StrEnum

from ecluse.model.balancer import Balancer
from ecluse.model.cache import CachePolicy
from ecluse.model.ci import CiPolicy
from ecluse.model.host import HERE, HERE_PREFIX, Address, SshSettings, host_name
from ecluse.model.ids import EnvironmentName, HostName, ProcessName, ServiceName, StepName
from ecluse.model.policy import Policy
from ecluse.model.publishing import ReleasePolicy
from ecluse.model.rollout import HostsDown, Rollout, Strategy
from ecluse.model.security import SecurityPolicy
from ecluse.model.service import Service
from ecluse.model.tracker import Tickets
from ecluse.model.values import frozen

Argv = tuple[str, ...]
"""A command as a value. Text in the manifest becomes argv once, when it is read."""


class Interface(StrEnum):
    """How a web process is entered."""

    ASGI = "asgi"
    WSGI = "wsgi"
    COMMAND = "command"
    """The user's own server, started as a command."""


class Server(StrEnum):
    """Which server process runs an ASGI or WSGI app."""

    AUTO = "auto"
    GRANIAN = "granian"
    UVICORN = "uvicorn"
    GUNICORN = "gunicorn"


class Listen(StrEnum):
    """How a user's own server gets its connections."""

    FD = "fd"
    """It takes file descriptor 3 (`LISTEN_FDS=1`, sd_listen_fds(3))."""
    PORT = "port"
    """It listens on `$PORT`; a relay stands in front."""


@frozen
class Health:
    """The question that decides whether a slot may get traffic.

    `path` is asked with `host` as the Host header; `status` lists accepted codes; `body` must be contained in
    the answer, with `{version}` and `{commit}` filled in. `successes` in a row are needed, `interval` apart,
    within `timeout`; one question may take `patience`.
    """

    path: str
    host: str = "localhost"
    status: tuple[int, ...] = (200,)
    body: str = ""
    successes: int = 3
    interval: timedelta = timedelta(milliseconds=100)
    timeout: timedelta = timedelta(seconds=30)
    patience: timedelta = timedelta(seconds=5)


@frozen
class Limits:
    """Resource limits of one worker process (setrlimit(2)); None leaves the system's."""

    memory: int | None = None
    """Bytes of address space."""
    open_files: int | None = None


@frozen
class Process:
    """A named command of the app. The one with an interface or `listen` gets traffic; there is at most one such."""

    name: ProcessName
    app: str = ""
    """`package.module:attribute` of an ASGI or WSGI app; a factory ends in `()`."""
    interface: Interface = Interface.COMMAND
    server: Server = Server.AUTO
    command: Argv = ()
    listen: Listen | None = None
    """Set on a user's own web server, None on a background worker."""
    count: int = 1
    threads: int | None = None
    """Threads of each worker of a WSGI app; None: the server's default here (8)."""
    folder: str = "."
    """Working folder, below the tree of the release."""
    static: Mapping[str, str] = field(default_factory=dict)
    """URL prefix to the folder, below the tree, whose files are served without asking the app. A prefix that doesn't
    end in a slash is the path of one file."""
    health: Health | None = None
    stop_signal: str = "TERM"
    drain: timedelta = timedelta(seconds=30)
    """How long a stop may wait for work in flight before SIGKILL."""
    keep_alive: timedelta = timedelta(seconds=5)
    """Idle time-out of a kept-alive connection; shorter than `drain`."""
    env: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = Limits()
    enabled: bool = True
    """A declared process that is off (its broker isn't there) is shown, not started."""
    why_off: str = ""

    @property
    def is_web(self) -> bool:
        return self.interface is not Interface.COMMAND or self.listen is not None


@frozen
class Evidence:
    """Files a step leaves for gates to read, relative to the step's folder; empty means none."""

    junit: str = ""
    coverage: str = ""
    """A coverage.py JSON report."""
    known_failures: str = ""
    """The file that lists the tests that are known to fail, relative to the manifest; any other failure stops."""


@frozen
class Step:
    """One command of the pipeline, or one cell of a matrix: a command with one value of each axis.

    `inputs` are globs of the commit (None: the whole commit, empty: an empty tree); `outputs` are the paths that
    leave the step. `retries` means that many more attempts; `timeout` is for each attempt. `gate` says whether
    a failure stops a ship.
    """

    name: StepName
    of: str = ""
    """The step of the manifest that it is a cell of (`test` of `test[3.12]`); empty where that has no matrix."""
    cell: Mapping[str, str] = field(default_factory=dict)
    """Its value on each axis, `python` and names of variables."""
    command: Argv = ()
    playbook: str = ""
    """Of Ansible's, run on `hosts` instead of a command here."""
    fabric: str = ""
    """A task of Fabric's, run on `hosts` instead of a command here."""
    hosts: str = ""
    """The environment whose hosts those are; empty for a command."""
    needs: tuple[StepName, ...] = ()
    inputs: tuple[str, ...] | None = None
    outputs: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    pass_env: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    folder: str = "."
    timeout: timedelta = timedelta(minutes=10)
    retries: int = 0
    gate: bool = True
    why_off: str = ""
    """Why it is no gate."""
    group: str = "check"
    """`check` (lint, types) or `test`: which verb runs it by itself; `security`: `test`, too; `hosts`: none does."""
    evidence: Evidence = Evidence()
    services: tuple[ServiceName, ...] | None = None
    """Those that it finds, empty ones of its run; None: all for a step of the group `test`, none for others."""
    cache: bool = True
    """Whether it isn't run again while nothing has changed that it depends on."""
    tools: tuple[str, ...] = ()
    """Programs of the system that it depends on."""
    python: str = ""
    """`X.Y` that it runs with; empty: the app's."""
    paths: tuple[str, ...] | None = None
    """Globs: where nothing below them has changed it is skipped, a ship excepted; None: never."""
    locks: tuple[str, ...] = ()
    """What only one step of this machine may have at once."""
    builtin: bool = False
    """It is Écluse's own work, not a command: the security gate."""

    @property
    def label(self) -> str:
        """What tells it from the other cells, fit to be part of a path; empty without a matrix."""
        return self.name[len(self.of) + 1 : -1] if self.of else ""


@frozen
class Gates:
    """What evidence must show beyond exit codes."""

    coverage: float | None = None
    """Percent of lines, 0 to 100; None asks nothing."""
    tests: bool = True
    """A step with a JUnit report must have executed at least one test."""
    flaky: int | None = None
    """How many steps of a run may pass only after a retry; None asks nothing."""


@frozen
class Build:
    """How the bundle is made."""

    python: str = ""
    """`X.Y` wanted, or empty for what the repository says."""
    project: str = "."
    """The folder whose lock, project table or set-up file says what is needed; all paths below count from it."""
    requirements: tuple[str, ...] = ()
    """Requirement files, when the repository has no lock or project table."""
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    """Dependency groups needed to run."""
    test_requirements: tuple[str, ...] = ()
    """Requirement files or plain requirements (`pytest>=8`) that steps need beyond the app's own."""
    test_extras: tuple[str, ...] = ()
    test_groups: tuple[str, ...] = ()
    add: tuple[str, ...] = ()
    """Plain requirements to add, such as a database driver or setuptools."""
    without: tuple[str, ...] = ()
    """Packages to leave out, whoever asks for them."""
    locked: bool = True
    """A lock of uv, poetry, pdm or pipenv decides the versions; else the ranges of its manifest do."""
    install_project: bool = True
    """Install the repository itself when it declares a build backend."""
    exclude_newer: str = ""
    """RFC 3339 time: packages published later don't exist for the resolver."""
    build_constraints: tuple[str, ...] = ()
    """Requirements (`setuptools<58`) that bind what packages are built with."""
    exclude: tuple[str, ...] = ()
    """Globs of the commit that the bundle leaves out."""
    commands: tuple[Argv, ...] = ()
    """Run in the assembled release on the target before it starts (compile, static files)."""


@frozen
class Frontend:
    """A front end that is built when the bundle is made.

    `install` and `command` run in `folder` of a tree that holds `inputs` (globs of the commit, None: all of it);
    `outputs` are paths of that tree. `node` is a range of versions, empty for any.
    """

    command: Argv
    install: Argv = ()
    folder: str = "."
    outputs: tuple[str, ...] = ()
    inputs: tuple[str, ...] | None = None
    node: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    timeout: timedelta = timedelta(minutes=15)
    """For each of the two."""


@frozen
class Environment:
    """A named place with a policy. `hosts` is empty for this machine alone."""

    name: EnvironmentName
    target: str = "process"
    address: str = "127.0.0.1"
    port: int = 8000
    url: str = ""
    """Where people open it, `{port}` standing for the port; empty: at its address and port."""
    hosts: tuple[str, ...] = ()
    """`keeper:FOLDER` is a host of its own on this machine: the first on `port`, the next one on the next.
    `[USER@]NAME[:PORT]` is reached over SSH; all of those listen on `port`."""
    ssh: SshSettings = field(default_factory=SshSettings)
    hosts_down: HostsDown = HostsDown.ALL
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By process, the hosts on which it runs, as `hosts` names them; one that isn't there runs on all."""
    strategy: Strategy = Strategy.BLUE_GREEN
    rollout: Rollout = field(default_factory=Rollout)
    env: Mapping[str, str] = field(default_factory=dict)
    env_files: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    """Names that must be there, from the env files or the caller's environment; the values are never recorded."""
    gates: tuple[StepName, ...] | None = None
    """Steps that must pass; None: every step with `gate`."""
    tag: bool = True
    """Whether a ship tags the release; `local` doesn't."""
    stamp: bool = False
    """Whether answers carry `X-Release`; `local` does."""
    unchecked: str = ""
    """The reason for which no health check is configured; without one and without this a deploy is refused."""
    warm: timedelta = timedelta(minutes=10)
    """How long the old slot is kept for an instant rollback."""
    watch: timedelta = timedelta(seconds=4)
    """How long the new slot is watched under traffic before the commit."""
    lease: timedelta = timedelta(seconds=30)
    keep_releases: int = 5
    services: bool = False
    """Whether what `[services]` declares is run for it here; `local` does that."""
    signed_by: tuple[str, ...] = ()
    """Public keys, of which one must have signed a release that comes here; none: it isn't asked."""
    balancer: Balancer | None = None
    """What shares the traffic between its hosts, where we are to know it."""
    policy: Policy = field(default_factory=Policy)
    instances: int = 0
    """Of a pattern: how many environments of its own may listen at once, on `port` and those that follow."""
    pattern: str = ""
    """The name of the pattern from which it was made."""

    @property
    def host_names(self) -> tuple[HostName, ...]:
        """In the order of the manifest."""
        return tuple(map(host_name, self.hosts)) or (HERE,)

    @property
    def is_remote(self) -> bool:
        """Whether its hosts are reached over SSH."""
        return any(not host.startswith(HERE_PREFIX) for host in self.hosts)

    def on(self, host: HostName) -> Environment:
        """As it is on one host: hosts that share this machine's address have a port each."""
        return self if self.is_remote else replace(self, port=self.port + self.host_names.index(host))

    def runs(self, process: Process, host: HostName) -> bool:
        """Whether the process is for that host."""
        named = self.roles.get(process.name)
        return named is None or host in map(host_name, named)

    def seen_at(self, host: HostName, listening: str) -> str:
        """The URL of one host, seen from here; `listening` is what it calls it itself."""
        if not (self.is_remote and listening and self.address in {"0.0.0.0", "::"}):  # noqa: S104
            return listening
        there = next(text for text in self.hosts if host_name(text) == host)
        return replace(self, url="", hosts=(there,)).opened_at

    @property
    def opened_at(self) -> str:
        """The URL to tell a person: of an address for everybody, that of the target's own host."""
        if self.url:
            return self.url.replace("{port}", str(self.port))
        here = Address.of(self.hosts[0]).name if self.is_remote else "127.0.0.1"
        host = {"0.0.0.0": here, "::": here if self.is_remote else "::1"}.get(self.address, self.address)  # noqa: S104
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


@frozen
class App:
    """What the manifest declares."""

    name: str
    processes: tuple[Process, ...]
    steps: tuple[Step, ...] = ()
    gates: Gates = Gates()
    build: Build = Build()
    frontend: Frontend | None = None
    release: ReleasePolicy = field(default_factory=ReleasePolicy)
    migrate: Argv = ()
    migrate_timeout: timedelta = timedelta(minutes=10)
    state: tuple[str, ...] = ()
    """Paths that are the app's data; a folder ends in `/`."""
    env: Mapping[str, str] = field(default_factory=dict)
    services: tuple[Service, ...] = ()
    cache: CachePolicy = field(default_factory=CachePolicy)
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Hosts by the name that they have together, as the manifest names them."""
    ci: CiPolicy = field(default_factory=CiPolicy)
    tickets: Tickets | None = None
    security: SecurityPolicy | None = None
    """None: nothing is scanned."""
    environments: tuple[Environment, ...] = ()
    patterns: tuple[Environment, ...] = ()
    """From which environments are made by name (`model.instance`); none of them is one itself."""

    @property
    def web(self) -> Process | None:
        return next((process for process in self.processes if process.is_web), None)

    @property
    def off(self) -> tuple[Process, ...]:
        """Declared and not started."""
        return tuple(process for process in self.processes if not process.enabled)

    def environment(self, name: str) -> Environment | None:
        return next((environment for environment in self.environments if environment.name == name), None)
