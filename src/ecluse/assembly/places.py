"""What an environment is reached by: its targets, its hosts, its balancers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ecluse.assembly.apps import read_app
from ecluse.assembly.home import prepare
from ecluse.model.app import App, Environment
from ecluse.model.problem import Problem, ProblemError
from ecluse.system.clock import SystemClock
from ecluse.system.environment import find_home, read_environment
from ecluse.whereabouts import find_root

if TYPE_CHECKING:
    from ecluse.model.balancer import Balancer as BalancerSettings
    from ecluse.model.ids import HostName
    from ecluse.ports.balancer import Balancer
    from ecluse.ports.clock import Clock
    from ecluse.ports.hosts import Host
    from ecluse.ports.services import ServicePrograms
    from ecluse.ports.store import ContentStore
    from ecluse.providers.keeper.target import KeeperTarget
    from ecluse.providers.outpost.outpost import Outpost


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
        found = hosts_of(environment, home, clock)
        opened.extend(found.values())
        return found

    try:
        yield read_app(root, home, env), hosts
    finally:
        await close(opened)


def targets_of(
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


def hosts_of(environment: Environment, home: Path, clock: Clock) -> Mapping[HostName, Host]:
    if not environment.is_remote:
        return {}
    with extra("ssh", "asyncssh"):
        from ecluse.providers.ssh.fleet import hosts  # noqa: PLC0415

    return hosts(environment, home / "keepers", clock)


def balancers_of(
    app: App, environment: Environment, clock: Clock, env: Mapping[str, str]
) -> Mapping[HostName, Balancer]:
    if environment.balancer is None:
        return {}
    from ecluse.model.balanced import balanced  # noqa: PLC0415
    from ecluse.model.balancer import BalancerKind  # noqa: PLC0415
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


async def close(targets: Iterable[KeeperTarget | Host | Balancer]) -> None:
    """While the event loop runs: a connection that the collector finds first complains of its unfinished task."""
    for target in targets:
        await target.close()
