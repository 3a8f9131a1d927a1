"""The only file that knows every concrete class. It builds the World that the loop takes as an argument.

Heavy modules are imported inside: `ecluse --version` and `ecluse status` pay only for what they use.
"""

from __future__ import annotations

import asyncio
import errno
import os
import secrets
import shutil
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ecluse.model.app import App, Environment
from ecluse.model.problem import Problem, ProblemError
from ecluse.system.clock import SystemClock
from ecluse.system.environment import actor, find_home, login, read_environment
from ecluse.system.files import disk_problem, disk_problems, write_atomically
from ecluse.whereabouts import find_root, holds_nothing, is_deserted

if TYPE_CHECKING:
    from ecluse.loop.deploy.fleet import Seen
    from ecluse.loop.deploy.wanted import Settings
    from ecluse.model.balancer import Balancer as BalancerSettings
    from ecluse.model.cache import CachePolicy
    from ecluse.model.ids import Commit, EnvironmentName, HostName
    from ecluse.model.observed import Holder
    from ecluse.ports.balancer import Balancer
    from ecluse.ports.cache import StepCache
    from ecluse.ports.clock import Clock
    from ecluse.ports.commands import CommandRunner
    from ecluse.ports.hosts import Host, Sent
    from ecluse.ports.ledger import Ledger
    from ecluse.ports.machine import Machine
    from ecluse.ports.python import Toolchain
    from ecluse.ports.rehearsal import HostsRehearsal, Ordered, Rehearsal
    from ecluse.ports.reporter import Reporter
    from ecluse.ports.services import ServicePrograms
    from ecluse.ports.store import ContentStore
    from ecluse.ports.target import Target
    from ecluse.ports.terminal import Terminal
    from ecluse.ports.tunnel import Listens
    from ecluse.ports.world import World
    from ecluse.providers.git.hooks import HooksFolder
    from ecluse.providers.keeper.target import KeeperTarget
    from ecluse.providers.outpost.outpost import Outpost

RUNNING = "running"
"""In the home: notes on the steps that run."""
NOTHING_TO_RUN = frozenset({"I001", "I021"})


@asynccontextmanager
async def opened(
    folder: Path, *, in_an_emergency: bool = False, by_what_serves: bool = False
) -> AsyncIterator[tuple[App, World]]:
    """The app that the repository around `folder` declares, and its world. `by_what_serves`: where the manifest can't
    be read, the one of the release that was deployed last will do, which is said."""
    env = read_environment()
    root = find_root(folder)
    home = find_home(root, env)
    app, said = read_app_or_last(root, home, env) if by_what_serves else (read_app(root, home, env), "")
    async with world(root, home, env, in_an_emergency=in_an_emergency) as built:
        if said:
            built.reporter.note(said)
        yield app, built


def read_app_or_last(root: Path, home: Path, env: Mapping[str, str]) -> tuple[App, str]:
    """The app, and what is to be said of where it comes from."""
    try:
        return read_app(root, home, env), ""
    except ProblemError as error:
        last = last_deployed(home, env)
        if last is None:
            raise
        app, version = last
        return app, f"! {error.problems[0].what} [{error.problems[0].code}]: going by the manifest of {version}"


def last_deployed(home: Path, env: Mapping[str, str]) -> tuple[App, str] | None:
    """The checked manifest of the release that was committed last, in any environment, and its version; None where
    nothing is known of one."""
    from ecluse.ledger.sqlite.ledger import SqliteLedger  # noqa: PLC0415
    from ecluse.loop.deploy.recall import manifest_of  # noqa: PLC0415
    from ecluse.model.ids import ReleaseId  # noqa: PLC0415
    from ecluse.system.store import FolderStore  # noqa: PLC0415

    path = home / "ledger.db"
    if not path.exists():
        return None
    ledger = SqliteLedger(path, SystemClock(), actor(env))
    try:
        state = ledger.state()
    except ProblemError:
        return None
    finally:
        ledger.close()
    deployed = [one for known in state.environments.values() for one in known.deployments if one.outcome == "committed"]
    last = max(deployed, key=lambda one: one.number, default=None)
    app = manifest_of(ReleaseId(last.release), state, FolderStore(home / "store")) if last else None
    return (app, last.version) if app and last else None


@asynccontextmanager
async def reached(folder: Path) -> AsyncIterator[tuple[App, Callable[[Environment], Mapping[HostName, Host]]]]:
    """The app around `folder`, and the hosts of its environments: no ledger, no tool, no world, since to import those
    alone takes as long as to connect twenty hosts. What was connected is closed."""
    env = read_environment()
    root = find_root(folder)
    home = find_home(root, env)
    prepare(home)
    clock = SystemClock()
    opened: list[Host] = []

    def hosts(environment: Environment) -> Mapping[HostName, Host]:
        found = _hosts(environment, home, clock)
        opened.extend(found.values())
        return found

    try:
        yield read_app(root, home, env), hosts
    finally:
        await _close(opened)


@asynccontextmanager
async def undeclared(folder: Path) -> AsyncIterator[World]:
    """The world of `folder` itself, which has no manifest yet: in a monorepo a part of the repository is an app.

    A home that was made for it and in which nothing was built doesn't stay; neither does what was built where nothing
    was found to run.
    """
    env = read_environment()
    root = folder.resolve()  # noqa: ASYNC240 nothing else runs yet
    home = find_home(root, env)
    is_new = not home.exists()
    is_in_vain = False
    try:
        async with world(root, home, env) as built:
            yield built
    except ProblemError as error:
        is_in_vain = any(problem.code in NOTHING_TO_RUN for problem in error.problems)
        raise
    finally:
        if (is_new and holds_nothing(home)) or (is_in_vain and is_deserted(root, env)):
            shutil.rmtree(home, ignore_errors=True)


def wants_colour() -> bool:
    """NO_COLOR (no-color.org), and terminals that know none."""
    env = read_environment()
    return not env.get("NO_COLOR") and env.get("TERM") != "dumb"


def terminal() -> Terminal:
    """The caller's own streams."""
    from ecluse.system.terminal import StandardStreams  # noqa: PLC0415

    return StandardStreams(read_environment())


def loopback() -> Listens:
    """Ports of this machine."""
    from ecluse.system.listening import Loopback  # noqa: PLC0415

    return Loopback()


def beside_the_file(problem: Problem) -> str:
    """What makes the log of a CI show a Problem where it is; empty elsewhere."""
    from ecluse.providers.terminal.reporter import on_github  # noqa: PLC0415

    if not on_github(read_environment()):
        return ""
    from ecluse.providers.terminal.github import annotation  # noqa: PLC0415

    return annotation(problem)


def become(argv: tuple[str, ...], env: Mapping[str, str]) -> None:
    """Another program in the place of this one, with the caller's environment and `env`. Nothing of ours is open."""
    os.execvpe(argv[0], list(argv), {**read_environment(), **env})  # noqa: S606


def save(path: Path, text: str, *, runs: bool = False) -> None:
    """A file that a person asked for: whole or not at all. `runs`: it is a program."""
    write_atomically(path, text, mode=0o755 if runs else 0o644)


async def hooks_folder(built: World) -> HooksFolder:
    """Where git looks for the hooks of this repository."""
    from ecluse.providers.git import hooks  # noqa: PLC0415

    return await hooks.hooks_folder(built.root, built.commands, built.env)


def to_send(source: Path, path: str, mode: int | None) -> Sent:
    """A file of this machine, for hosts."""
    from ecluse.system.sending import to_send as looked_at  # noqa: PLC0415

    return looked_at(source, path, mode)


@contextmanager
def remembered(folder: Path) -> Iterator[tuple[Ledger, Clock]]:
    """The ledger alone: to read it takes neither a manifest nor a tool, and makes nothing that isn't there."""
    from ecluse.ledger.memory import MemoryLedger  # noqa: PLC0415
    from ecluse.ledger.sqlite.ledger import SqliteLedger  # noqa: PLC0415

    env = read_environment()
    path = find_home(find_root(folder), env) / "ledger.db"
    clock, who = SystemClock(), actor(env)
    ledger: Ledger = SqliteLedger(path, clock, who) if path.exists() else MemoryLedger(clock, who)
    try:
        yield ledger, clock
    finally:
        ledger.close()


def read_app(root: Path, home: Path, env: Mapping[str, str]) -> App:
    from ecluse.manifest.cache import load  # noqa: PLC0415

    return load(root, env, home)


async def app_at(built: World, commit: Commit, working: App) -> App:
    """The app as the commit declares it. `working` is the working tree's, for a commit without a manifest."""
    from ecluse.manifest.cache import load_found  # noqa: PLC0415
    from ecluse.manifest.find import OWN, SHARED, find, in_tree  # noqa: PLC0415

    own, shared = await asyncio.gather(built.source.read(commit, OWN), built.source.read(commit, SHARED))
    found = in_tree(built.root, own, shared)
    if found is None:
        built.reporter.note(f"the manifest isn't in {commit[:12]}: the one in the working tree is used")
        return working
    if found.data != find(built.root).data:
        built.reporter.note(
            f"{found.path.name} differs from the one in {commit[:12]}, which is used: commit it to use it"
        )
    return load_found(found, built.env, built.home)


def declared(folder: Path) -> App:
    """The app of the repository around `folder`; nothing is opened or kept. ProblemError without a good manifest."""
    env = read_environment()
    root = find_root(folder)
    return read_app(root, find_home(root, env), env)


def settings(built: World, environment: Environment) -> Settings:
    """The values of an environment's files and of the caller. A missing secret is a Problem."""
    from ecluse.loop.deploy.wanted import Settings  # noqa: PLC0415
    from ecluse.manifest.dotenv import settings as read_settings  # noqa: PLC0415

    values = read_settings(built.root, environment, built.env)
    return Settings(env=values.env, secrets=values.secrets)


@asynccontextmanager
async def world(
    root: Path, home: Path, env: Mapping[str, str], *, in_an_emergency: bool = False
) -> AsyncIterator[World]:
    """Ends what it opened: connections to keepers, the ledger's, and the step supervisor. `in_an_emergency` it goes on
    without a ledger that can't be used."""
    from ecluse.keeper import ballast  # noqa: PLC0415
    from ecluse.ledger.besteffort import BestEffortLedger  # noqa: PLC0415
    from ecluse.ledger.memory import MemoryLedger  # noqa: PLC0415
    from ecluse.ledger.sqlite.ledger import SqliteLedger  # noqa: PLC0415
    from ecluse.ports.world import World  # noqa: PLC0415
    from ecluse.providers.git.source import GitSource  # noqa: PLC0415
    from ecluse.system.commands import SupervisedRunner  # noqa: PLC0415
    from ecluse.system.ids import SystemIds  # noqa: PLC0415
    from ecluse.system.store import FolderStore  # noqa: PLC0415

    prepare(home)
    clock, ids, who = SystemClock(), SystemIds(), actor(env)
    commands = SupervisedRunner(notes=home / RUNNING)
    telling = _reporter(clock)
    ledger: Ledger = SqliteLedger(home / "ledger.db", clock, who, make_room=lambda: ballast.drop(str(home)))
    if in_an_emergency:
        ledger = BestEffortLedger(ledger, MemoryLedger(clock, who), lambda lost: telling.note(without_ledger(lost)))
    store = FolderStore(home / "store")
    toolchain = _toolchain(home, env, commands, store)
    services = _services(home, env, toolchain)
    reached: list[KeeperTarget | Balancer] = []

    def targets(app: App, environment: Environment) -> Mapping[HostName, Target]:
        found = _targets(app.name, environment, root, home, store, clock, env, services)
        reached.extend(found.values())
        return found

    def balancers(app: App, environment: Environment) -> Mapping[HostName, Balancer]:
        found = _balancers(app, environment, clock, env)
        reached.extend(found.values())
        return found

    try:
        yield World(
            root=root,
            home=home,
            env=env,
            clock=clock,
            ids=ids,
            commands=commands,
            source=GitSource(root, commands, env),
            toolchain=toolchain,
            store=store,
            ledger=ledger,
            targets=targets,
            balancers=balancers,
            services=services,
            cache=lambda policy: step_cache(policy, root, home),
            reporter=telling,
            actor=who,
            holder=_holder(ids.new("h"), login(env)),
            key=_key(home),
        )
    finally:
        try:
            await _close(reached)
        finally:
            telling.close()
            ledger.close()
            commands.close()


def step_cache(policy: CachePolicy, root: Path, home: Path) -> StepCache:
    """This machine's own; behind it the one that several share, if the manifest names one."""
    from ecluse.system.cache import FolderCache  # noqa: PLC0415
    from ecluse.system.layered_cache import LayeredCache  # noqa: PLC0415

    own = FolderCache(home / "cache" / "steps")
    if not policy.shared:
        return own
    return LayeredCache(own, lambda: shared_cache(policy.shared, root), read_only=policy.read_only)


def shared_cache(place: str, root: Path) -> StepCache:
    """A folder, or an object store by its address. UnreachableError when there is no way to it."""
    from ecluse.ports.cache import UnreachableError  # noqa: PLC0415
    from ecluse.system.cache import FolderCache  # noqa: PLC0415

    if "://" not in place:
        return FolderCache(root / place, mounted=True)
    try:
        from ecluse.providers.objects.cache import ObjectCache  # noqa: PLC0415  an extra
    except ImportError as error:
        raise UnreachableError(f"{place}: obstore isn't installed: pip install 'ecluse[store]'") from error
    return ObjectCache(place)


def rehearsal(built: World) -> Rehearsal:
    """A dry run's world: it reads what `built` would, and sends nothing."""
    from ecluse.ledger.unwritten import Unwritten  # noqa: PLC0415
    from ecluse.ports.rehearsal import Rehearsal  # noqa: PLC0415
    from ecluse.providers.memory.clock import FakeClock  # noqa: PLC0415
    from ecluse.providers.rehearsal.balancer import RehearsedBalancer  # noqa: PLC0415
    from ecluse.providers.rehearsal.reporter import Silent  # noqa: PLC0415
    from ecluse.providers.rehearsal.target import RehearsedTarget  # noqa: PLC0415

    sent: defaultdict[HostName, list[Ordered]] = defaultdict(list)

    def targets(app: App, environment: Environment) -> Mapping[HostName, Target]:
        found = built.targets(app, environment)
        return {host: RehearsedTarget(real, built.store, sent[host]) for host, real in found.items()}

    def balancers(app: App, environment: Environment) -> Mapping[HostName, Balancer]:
        return {at: RehearsedBalancer(real, sent[at]) for at, real in built.balancers(app, environment).items()}

    ledger, clock = Unwritten(built.ledger), FakeClock(built.clock.now())
    world = replace(built, targets=targets, balancers=balancers, ledger=ledger, clock=clock, reporter=Silent())
    return Rehearsal(world=world, sent=sent)


def rehearsed(hosts: Mapping[HostName, Host]) -> HostsRehearsal:
    """The same of hosts alone."""
    from ecluse.ports.rehearsal import HostsRehearsal  # noqa: PLC0415
    from ecluse.providers.rehearsal.host import RehearsedHost  # noqa: PLC0415

    sent: dict[HostName, list[Ordered]] = {host: [] for host in hosts}
    return HostsRehearsal(hosts={host: RehearsedHost(real, sent[host]) for host, real in hosts.items()}, sent=sent)


def without_ledger(lost: Problem) -> str:
    return f"! {lost.what} [{lost.code}]: going on without it, nothing is recorded\n  fix: {lost.fix}"


def prepare(home: Path) -> None:
    """The home ignores itself, so that no repository has to name it."""
    from ecluse.keeper import ballast  # noqa: PLC0415

    ignore = home / ".gitignore"
    if ignore.exists():
        ballast.load(str(home))
        return
    with disk_problems(home):
        home.mkdir(parents=True, exist_ok=True)
        write_atomically(ignore, "*\n")


def _toolchain(home: Path, env: Mapping[str, str], commands: CommandRunner, store: ContentStore) -> Toolchain:
    from ecluse.providers.uv.toolchain import UvToolchain  # noqa: PLC0415
    from ecluse.system.python import ask  # noqa: PLC0415

    return UvToolchain(home=home, env=env, commands=commands, store=store, ask=ask)


def _services(home: Path, env: Mapping[str, str], toolchain: Toolchain) -> ServicePrograms:
    from ecluse.providers.machine.services import MachineServices  # noqa: PLC0415

    return MachineServices(home=home, programs=home / "keepers", env=env, toolchain=toolchain)


def _targets(
    app: str,
    environment: Environment,
    root: Path,
    home: Path,
    store: ContentStore,
    clock: Clock,
    env: Mapping[str, str],
    services: ServicePrograms | None = None,
) -> Mapping[HostName, KeeperTarget]:
    """A keeper for each host; those that the environment names on this machine have a home of their own below the
    repository."""
    if environment.is_remote:
        return _remote_targets(app, environment, store, home / "keepers", clock)
    from ecluse.providers.keeper.target import KeeperTarget  # noqa: PLC0415
    from ecluse.providers.process.reach import HereReach  # noqa: PLC0415

    homes = {host: root / host if environment.hosts else home for host in environment.host_names}
    return {
        host: KeeperTarget(
            HereReach(folder=at / "environments" / environment.name, programs=home / "keepers", store=store, env=env),
            clock=clock,
            services=services,
        )
        for host, at in homes.items()
    }


def _remote_targets(
    app: str, environment: Environment, store: ContentStore, programs: Path, clock: Clock
) -> Mapping[HostName, KeeperTarget]:
    from ecluse.providers.keeper.target import KeeperTarget  # noqa: PLC0415

    with extra("ssh", "asyncssh"):
        from ecluse.providers.ssh.fleet import reaches  # noqa: PLC0415

    found = reaches(app, environment, store, programs, clock)
    return {host: KeeperTarget(reach, clock=clock) for host, reach in found.items()}


def _hosts(environment: Environment, home: Path, clock: Clock) -> Mapping[HostName, Host]:
    if not environment.is_remote:
        return {}
    with extra("ssh", "asyncssh"):
        from ecluse.providers.ssh.fleet import hosts  # noqa: PLC0415

    return hosts(environment, home / "keepers", clock)


def _balancers(app: App, environment: Environment, clock: Clock, env: Mapping[str, str]) -> Mapping[HostName, Balancer]:
    if environment.balancer is None:
        return {}
    from ecluse.model.balancer import BalancerKind, balanced  # noqa: PLC0415
    from ecluse.providers.haproxy.balancer import HaproxyBalancer  # noqa: PLC0415
    from ecluse.providers.nginx.balancer import NginxBalancer  # noqa: PLC0415

    kind = HaproxyBalancer if environment.balancer.kind is BalancerKind.HAPROXY else NginxBalancer
    about = balanced(app, environment, environment.balancer)
    return {name: kind(about, outpost) for name, outpost in _outposts(environment.balancer, environment, clock, env)}


def _outposts(
    balancer: BalancerSettings, environment: Environment, clock: Clock, env: Mapping[str, str]
) -> Iterator[tuple[HostName, Outpost]]:
    if not balancer.hosts:
        from ecluse.model.host import HERE  # noqa: PLC0415
        from ecluse.providers.outpost.here import HereOutpost  # noqa: PLC0415

        yield HERE, HereOutpost(env)
        return
    with extra("ssh", "asyncssh"):
        from ecluse.providers.ssh.fleet import outposts  # noqa: PLC0415

    yield from outposts(balancer.hosts, environment, clock).items()


@contextmanager
def extra(name: str, module: str) -> Iterator[None]:
    """An import of what not everybody installs: that it isn't here is a Problem."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        raise ProblemError(
            Problem(
                code="S014", what=f"`{name}` is not installed with this ecluse: it needs {module}",
                fix=f"pip install 'ecluse[{name}]' (uv: `uv tool install 'ecluse[{name}]'`)",
            )
        ) from error  # fmt: skip


async def _close(targets: Iterable[KeeperTarget | Host | Balancer]) -> None:
    """While the event loop runs: a connection that the collector finds first complains of its unfinished task."""
    for target in targets:
        await target.close()


def _reporter(clock: Clock) -> Reporter:
    from ecluse.providers.terminal.reporter import reporter  # noqa: PLC0415

    return reporter(clock, read_environment(), no_colour=not wants_colour())


def _holder(name: str, who: str) -> Holder:
    from ecluse.model.observed import Holder  # noqa: PLC0415

    user, _, host = who.partition("@")
    return Holder(id=name, host=host, pid=os.getpid(), user=user, command=" ".join(["ecluse", *sys.argv[1:]]))


def _key(home: Path) -> bytes:
    path = home / "key"
    if not path.exists():
        write_atomically(path, secrets.token_bytes(32), mode=0o600)
    return path.read_bytes()


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """The facts about this machine, the app when there is one to read, what its environments say of themselves,
    which can't have their port, and the declared secrets that are too short to be masked."""

    machine: Machine
    app: App | None
    seen: Mapping[EnvironmentName, Seen | Problem]
    ports: Mapping[EnvironmentName, Problem]
    unmasked: tuple[str, ...]


async def examined(folder: Path) -> Examined:
    from ecluse.model.redaction import unmaskable  # noqa: PLC0415
    from ecluse.providers.machine.services import MachineServices  # noqa: PLC0415
    from ecluse.system.commands import SupervisedRunner  # noqa: PLC0415
    from ecluse.system.machine import read_machine  # noqa: PLC0415
    from ecluse.system.store import FolderStore  # noqa: PLC0415

    env = read_environment()
    root = find_root(folder)
    home = find_home(root, env)
    is_new = not home.exists()
    try:
        app = read_app(root, home, env)
    except ProblemError:
        app = None
    commands = SupervisedRunner(notes=home / RUNNING)
    try:
        toolchain = _toolchain(home, env, commands, FolderStore(home / "store"))
        found = [interpreter.version for interpreter in toolchain.interpreters()]
        asked = [(one.name, *await _asked(app, one, root, home, env)) for one in app.environments] if app else []
        offers = MachineServices(home=home, programs=home / "keepers", env=env, toolchain=toolchain).offers()
        return Examined(
            machine=read_machine(home, step_layer=commands.layer, interpreters=found, services=offers),
            app=app,
            seen={name: seen for name, seen, _ in asked},
            ports={name: trouble for name, _, trouble in asked if trouble},
            unmasked=unmaskable(declared_secrets(app, root, env)) if app else (),
        )
    finally:
        commands.close()
        if is_new and holds_nothing(home):
            shutil.rmtree(home, ignore_errors=True)


def declared_secrets(app: App, root: Path, env: Mapping[str, str]) -> list[tuple[str, str]]:
    """Names and values of the secrets of steps and environments, as far as they can be had: in each environment one
    may have another value."""
    from ecluse.manifest.dotenv import settings as read_settings  # noqa: PLC0415

    of_steps = {name for step in app.steps for name in step.secrets}
    found: set[tuple[str, str]] = set()
    for environment in app.environments:
        wanted = {*environment.secrets, *of_steps}
        found |= {(name, env[name]) for name in wanted if env.get(name)}
        with suppress(ProblemError):
            read = read_settings(root, replace(environment, secrets=()), env).secrets
            found |= {(name, read[name].reveal()) for name in wanted - env.keys() if name in read}
    return sorted(found)


async def _asked(
    app: App, environment: Environment, root: Path, home: Path, env: Mapping[str, str]
) -> tuple[Seen | Problem, Problem | None]:
    from ecluse.loop.deploy.fleet import Fleet  # noqa: PLC0415
    from ecluse.loop.deploy.listening import port_trouble  # noqa: PLC0415
    from ecluse.loop.deploy.wanted import Wanted  # noqa: PLC0415
    from ecluse.system.store import FolderStore  # noqa: PLC0415

    targets = _targets(app.name, environment, root, home, FolderStore(home / "store"), SystemClock(), env)
    fleet = Fleet(targets)
    try:
        return await fleet.observe(), await port_trouble(Wanted(app=app, environment=environment), fleet)
    except ProblemError as error:
        return error.problems[0], None
    finally:
        await _close(targets.values())


def without_secrets(text: str, folder: Path) -> str:
    """What is shown of an error of our own: it may quote anything, so the values of all declared secrets of the app
    around `folder` are masked."""
    from ecluse.model.redaction import masked  # noqa: PLC0415

    env = read_environment()
    values: set[str] = set()
    with suppress(ProblemError):
        root = find_root(folder)
        values.update(value for _, value in declared_secrets(read_app(root, find_home(root, env), env), root, env))
    return masked(text.encode(errors="replace"), values).decode(errors="replace")


def trouble_with_disk(error: OSError) -> Problem | None:
    """A full or read-only disk, told as a Problem wherever it struck; None for any other error."""
    if error.errno not in {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES}:
        return None
    return disk_problem(error, Path(str(error.filename or ".")))
