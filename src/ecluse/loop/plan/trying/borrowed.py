"""Databases that the app would find and that its try didn't make: they may be what somebody works with. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from ecluse.manifest.detect.facts import Fact
from ecluse.model.service import Service, ServiceKind
from ecluse.model.values import frozen

KINDS = frozenset({ServiceKind.POSTGRES, ServiceKind.MYSQL})
SCHEMES = ("postg", "psql", "pgsql", "mysql", "mariadb")
"""How what names one of them begins."""
IN_FILES = ("sqlite", "spatialite", "duckdb", "dummy")
"""What names an engine that needs no server."""


@frozen
class Database:
    """Where the app looks for one of its own; `host` and `port` are empty for the usual ones."""

    engine: str
    host: str = ""
    port: str = ""

    def __str__(self) -> str:
        place = f"{self.host or 'localhost'}:{self.port}".rstrip(":")
        return f"{self.engine.rpartition('.')[2]} at {place}"


def of_framework(said: Iterable[Mapping[str, str]] | None) -> tuple[Database, ...] | None:
    return None if said is None else tuple(Database(**one) for one in said)


def named(databases: Iterable[Database], ours: Collection[int]) -> str:
    """The first one that is no file and at none of our ports; empty when there is none."""
    others = (one for one in databases if not any(word in one.engine for word in IN_FILES))
    return next((str(one) for one in others if one.port not in map(str, ours)), "")


def in_ini(fixed: Iterable[Fact], file: str) -> str:
    """The address in the migration's own configuration, whatever the app itself is told; empty where there is none."""
    return next((at(fact) for fact in fixed if fact.file == file and file.endswith(".ini")), "")


def suspected(
    services: Iterable[Service], lacked: Iterable[Service], env: Mapping[str, str], fixed: Iterable[Fact]
) -> str:
    """By signs, where no framework tells: a service that can't be had leaves the code with its own default, as one does
    that isn't told its port; an address in the code is one, unless a service is there to be used in its place."""
    provided = [service for service in services if service.kind in KINDS]
    reached = [service for service in provided if any("{port}" in form for form in service.env.values())]
    literal = next((at(fact) for fact in fixed if fact.value.startswith(SCHEMES)), "")
    missed = [*(service for service in lacked if service.kind in KINDS and not is_file(service, env)),
              *(service for service in provided if service not in reached)]  # fmt: skip
    if literal and not reached:
        return literal
    return next((f"the {service.kind} that the code finds by itself" for service in missed), "")


def at(fact: Fact) -> str:
    return f"{fact.value} at the address in {fact.place}"


def is_file(service: Service, env: Mapping[str, str]) -> bool:
    """Whether the variables of one that can't be had lead to a file instead."""
    return any(word in env.get(name, "") for name in service.env for word in IN_FILES)
