"""The services of an environment by themselves: what there is, start, stop, a client, a new beginning."""

from __future__ import annotations

from datetime import timedelta

from ecluse.loop.deploy.fleet import Fleet, fleet_of
from ecluse.loop.deploy.lease import held
from ecluse.loop.deploy.services import running_services
from ecluse.model.app import App, Environment
from ecluse.model.observed import ServiceSeen
from ecluse.model.problem import Problem, ProblemError
from ecluse.model.service import Service
from ecluse.model.suggestion import suggest
from ecluse.model.values import frozen
from ecluse.ports.services import Programs
from ecluse.ports.target import RunsServices, Shell
from ecluse.ports.world import World


@frozen
class ServiceStatus:
    """`seen` is None for one that was never started, `programs` where this machine has none for it."""

    service: Service
    seen: ServiceSeen | None
    programs: Programs | None

    @property
    def state(self) -> str:
        if self.seen is not None:
            return self.seen.state
        return "not started" if self.programs else "missing"


async def listed(
    app: App, environment: Environment, world: World, names: tuple[str, ...] = ()
) -> tuple[ServiceStatus, ...]:
    """Those of the manifest, or those named; starts nothing."""
    chosen = named(app, environment, names) if names else app.services
    if not environment.services:
        return ()
    seen = await fleet_of(world, app, environment).observe()
    known = {one.name: one for host in seen.hosts.values() for one in host.services}
    return tuple(
        ServiceStatus(
            service=service,
            seen=known.get(service.name),
            programs=world.services.find(service.kind, service.version),
        )
        for service in chosen
    )


async def start(
    app: App, environment: Environment, names: tuple[str, ...], world: World, wait: timedelta | None = None
) -> tuple[str, ...]:
    """Returns when they answer."""
    chosen, fleet = named(app, environment, names), fleet_of(world, app, environment)
    async with held(fleet, environment.lease, world, wait) as lease:
        await host_of(fleet).provide(lease.grant(), chosen, world.reporter.note)
    return tuple(service.name for service in chosen)


async def stop(
    app: App, environment: Environment, names: tuple[str, ...], world: World, wait: timedelta | None = None
) -> tuple[str, ...]:
    """The names of those that ran."""
    chosen, fleet = named(app, environment, names), fleet_of(world, app, environment)
    async with held(fleet, environment.lease, world, wait) as lease:
        return await host_of(fleet).withdraw(lease.grant(), tuple(service.name for service in chosen))


async def reset(
    app: App, environment: Environment, names: tuple[str, ...], world: World, wait: timedelta | None = None
) -> tuple[str, ...]:
    """Their data is gone for ever."""
    fleet = fleet_of(world, app, environment)
    chosen = tuple(service.name for service in named(app, environment, names))
    async with held(fleet, environment.lease, world, wait) as lease:
        await host_of(fleet).reset(lease.grant(), chosen)
    return chosen


async def shell(app: App, environment: Environment, names: tuple[str, ...], world: World) -> Shell:
    """The client of the one named, else of the first. ProblemError V006 for words beyond the name."""
    service = named(app, environment, names[:1])[0]
    if names[1:]:
        raise ProblemError(
            Problem(
                code="V006", what=f"`services shell` takes one name, and no {' '.join(names[1:])!r}",
                fix=f"what the client is to do comes from standard input: echo '…' | ecluse services shell {names[0]}",
            )
        )  # fmt: skip
    return await host_of(fleet_of(world, app, environment)).shell(service.name)


def host_of(fleet: Fleet) -> RunsServices:
    """The environment's one host: that there is one only, the manifest's check has seen to."""
    return running_services(next(iter(fleet.targets.values())))


def named(app: App, environment: Environment, names: tuple[str, ...]) -> tuple[Service, ...]:
    """Those, or all. ProblemError V005 for a name that isn't declared, or when none is."""
    declared = app.services if environment.services else ()
    unknown = [name for name in names if name not in {service.name for service in declared}]
    if unknown or not declared:
        raise ProblemError(undeclared(environment, unknown, declared))
    return tuple(service for service in declared if not names or service.name in names)


def undeclared(environment: Environment, unknown: list[str], declared: tuple[Service, ...]) -> Problem:
    names = [service.name for service in declared]
    near = suggest(unknown[0], names) if unknown else ""
    there = f"{f'{near} ' if near else ''}choose one of: {', '.join(names)}; or " if declared else ""
    which = f"service {unknown[0]!r}" if unknown else "service"
    return Problem(
        code="V005", what=f"the manifest declares no {which} for '{environment.name}'",
        fix=f'{there}add [services.db] with kind = "postgres" and the variables that want its address in `env`',
    )  # fmt: skip
