"""Which services an app wants, and in which form their addresses. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from ecluse.loop.plan.proposing.locked import Note
from ecluse.manifest.detect.addresses import UNKNOWN
from ecluse.manifest.detect.facts import Fact, Kind, every, values
from ecluse.model.app import App, Process
from ecluse.model.ids import ServiceName
from ecluse.model.service import Service, ServiceKind
from ecluse.model.values import frozen

DRIVERS = {
    ServiceKind.POSTGRES: ("psycopg", "psycopg2", "psycopg2-binary", "asyncpg", "pg8000", "psycopg-binary", "aiopg"),
    ServiceKind.MYSQL: ("mysqlclient", "pymysql", "aiomysql", "asyncmy", "mysql-connector-python"),
    ServiceKind.REDIS: ("redis", "valkey", "aioredis", "django-redis", "rq", "arq", "flask-redis", "channels-redis"),
    ServiceKind.RABBITMQ: ("pika", "aio-pika", "amqp"),
}
"""Packages that talk to each."""
NAMES = {
    ServiceKind.POSTGRES: "db", ServiceKind.MYSQL: "db", ServiceKind.REDIS: "redis", ServiceKind.RABBITMQ: "broker",
}  # fmt: skip
ALCHEMY = frozenset(("sqlalchemy", "flask-sqlalchemy", "sqlmodel", "flask-migrate", "alembic", "databases", "ormar"))
"""Where a URL's scheme names the driver (SQLAlchemy, "Engine Configuration")."""
DIALECTS = {
    ServiceKind.POSTGRES: (
        ("psycopg2", "+psycopg2"), ("psycopg2-binary", "+psycopg2"), ("psycopg", "+psycopg"),
        ("psycopg-binary", "+psycopg"), ("asyncpg", "+asyncpg"), ("pg8000", "+pg8000"),
    ),
    ServiceKind.MYSQL: (
        ("mysqlclient", ""), ("pymysql", "+pymysql"), ("asyncmy", "+asyncmy"), ("aiomysql", "+aiomysql"),
        ("mysql-connector-python", "+mysqlconnector"),
    ),
}  # fmt: skip
"""The driver that SQLAlchemy is to take, by what is installed. For PostgreSQL it is always named: by itself SQLAlchemy
takes psycopg2 up to 2.0, psycopg from 2.1 on (docs.sqlalchemy.org, "What's New in SQLAlchemy 2.1?")."""
ASYNC = ("asyncpg", "psycopg", "asyncmy", "aiomysql")
SCHEMES = {ServiceKind.POSTGRES: "postgresql", ServiceKind.MYSQL: "mysql"}
REST = {
    ServiceKind.POSTGRES: "{user}:{password}@{host}:{port}/{name}",
    ServiceKind.MYSQL: "{user}:{password}@{host}:{port}/{name}",
    ServiceKind.REDIS: ":{password}@{host}:{port}/{name}",
    ServiceKind.RABBITMQ: "{user}:{password}@{host}:{port}/{name}",
}


LIBRARIES = {(ServiceKind.REDIS, "rq"): "RQ_REDIS_URL"}
"""By service and package (python-rq.org, "Workers")."""
BROKERS = frozenset({ServiceKind.REDIS, ServiceKind.RABBITMQ})


@frozen
class Installed:
    """What the form depends on: the packages, and whether the code makes its engine for asyncio."""

    packages: frozenset[str]
    is_async: bool = False
    wants_plain: bool = False
    """The code wants a URL without a driver in its scheme."""

    def has(self, kind: ServiceKind) -> bool:
        return not self.packages.isdisjoint(DRIVERS[kind])


@dataclass(slots=True)
class Found:
    """One service while its variables are gathered."""

    kind: ServiceKind
    env: dict[str, str] = field(default_factory=dict)


def services_of(facts: tuple[Fact, ...], note: Note) -> tuple[Service, ...]:
    """One of each kind that the code has variables for, and a driver."""
    installed = Installed(
        packages=frozenset(values(facts, Kind.DEPENDENCY)),
        is_async=bool(every(facts, Kind.ASYNC_ENGINE)),
        wants_plain=bool(every(facts, Kind.PLAIN)),
    )
    found: dict[ServiceKind, Found] = {}
    for fact in every(facts, Kind.ADDRESS):
        owner, _, form = fact.label.partition(" ")
        kind = kind_of(owner, installed)
        if kind is None or not installed.has(kind):
            continue
        service = found.setdefault(kind, Found(kind))
        if fact.value not in service.env:
            service.env[fact.value] = template(kind, form, installed)
            note(f"services.{NAMES[kind]}.env.{fact.value}", f"read at {fact.place}")
    of_libraries(found, installed, note)
    return tuple(
        Service(name=ServiceName(NAMES[kind]), kind=kind, env=one.env)
        for kind, one in found.items()
        if is_enough(one.env)
    )


def of_libraries(found: Mapping[ServiceKind, Found], installed: Installed, note: Note) -> None:
    """Variables that no code of the app reads, but a program that comes with a package."""
    for (kind, package), name in LIBRARIES.items():
        known = found.get(kind)
        url = next((form for form in known.env.values() if "://" in form), "") if known else ""
        if known and url and package in installed.packages and name not in known.env:
            known.env[name] = url
            note(f"services.{NAMES[kind]}.env.{name}", f"the command line of {package} reads it")


def kind_of(owner: str, installed: Installed) -> ServiceKind | None:
    """A kind by name; `database` and `broker` by the one driver that is there."""
    if owner == "database":
        kinds = [kind for kind in (ServiceKind.POSTGRES, ServiceKind.MYSQL) if installed.has(kind)]
        return kinds[0] if kinds else None
    if owner == "broker":
        return ServiceKind.REDIS if installed.has(ServiceKind.REDIS) else ServiceKind.RABBITMQ
    return ServiceKind(owner)


def is_enough(env: Mapping[str, str]) -> bool:
    """Whether the app can find it by these: a name or a password alone is no address."""
    return any("{host}" in template for template in env.values())


def template(kind: ServiceKind, form: str, installed: Installed) -> str:
    if form != UNKNOWN and "://" not in form:
        return f"{{{form}}}"
    scheme, _, path = (form if form != UNKNOWN else default_scheme(kind)).partition("://")
    if installed.packages & ALCHEMY and "+" not in scheme and kind in DIALECTS and not installed.wants_plain:
        scheme = with_driver(kind, scheme, installed)
    return f"{scheme}://{REST[kind]}".replace("/{name}", path or "/{name}")


def default_scheme(kind: ServiceKind) -> str:
    named = {ServiceKind.REDIS: "redis", ServiceKind.RABBITMQ: "amqp"}
    return f"{named.get(kind) or SCHEMES[kind]}://"


def with_driver(kind: ServiceKind, scheme: str, installed: Installed) -> str:
    """SQLAlchemy knows `postgresql` only, and takes one driver for it; what is installed may be another."""
    known = [(package, name) for package, name in DIALECTS[kind] if package in installed.packages]
    if installed.is_async:
        known = [pair for pair in known if pair[0] in ASYNC] or known
    return f"{SCHEMES[kind]}{known[0][1]}" if known else scheme


def addresses(services: Iterable[Service]) -> dict[str, str]:
    """The variables that hold addresses, with their forms."""
    return {variable: template for service in services for variable, template in service.env.items()}


def without(app: App, service: Service, why: str) -> App:
    """The app when a service can't be had: background processes, which may need it, are off."""
    rest = tuple(other for other in app.services if other != service)
    processes = tuple(turned_off(process, service, why) for process in app.processes)
    return replace(app, services=rest, processes=processes)


def turned_off(process: Process, service: Service, why: str) -> Process:
    if process.is_web or service.kind not in BROKERS:
        return process
    return replace(process, enabled=False, why_off=why)


def has_broker(services: Iterable[Service]) -> bool:
    return any(service.kind in BROKERS for service in services)
