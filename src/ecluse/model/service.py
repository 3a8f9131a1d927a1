"""What stands beside the app: databases, caches, brokers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from ecluse.model.ids import ServiceName
from ecluse.model.values import frozen

FIELDS = ("host", "port", "user", "password", "name", "folder")
"""What the form of a service's address may name in braces."""


class ServiceKind(StrEnum):
    POSTGRES = "postgres"
    REDIS = "redis"
    RABBITMQ = "rabbitmq"
    MYSQL = "mysql"


@frozen
class Service:
    """A database, cache or broker that the app needs, run for one environment on its own machine.

    `env` gives each variable in which the app wants the address its form: text with `{host}`, `{port}`, `{user}`,
    `{password}` and `{name}`. The service asks for its password if one of them hands it over.
    """

    name: ServiceName
    kind: ServiceKind
    version: str = ""
    """How the wanted version begins (`16`); empty: whatever is there."""
    env: Mapping[str, str] = field(default_factory=dict)

    @property
    def asks(self) -> bool:
        return any("{password}" in template for template in self.env.values())
