"""What a program said that wanted a service which isn't there. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

SERVICES = (
    ("PostgreSQL", r"port 5432\b|:5432\b|psycopg2?\.OperationalError|asyncpg\.\S*Connection|/\.s\.PGSQL\."),
    ("MySQL", r"Can't connect to (local )?(MySQL|MariaDB) server|:3306\b|pymysql\.err\.OperationalError: \(2003"),
    ("Redis", r":6379\b|redis\.exceptions\.(ConnectionError|TimeoutError)"),
    ("RabbitMQ", r":5672\b|amqp\S*ConnectionError|kombu\.exceptions\.OperationalError"),
    ("MongoDB", r":27017\b|pymongo\.errors\.ServerSelectionTimeoutError"),
    ("Elasticsearch", r":9200\b"),
)
"""What drivers write when nobody answers, by the service's own port or their own error."""
REFUSED = re.compile(
    r"refused|could not connect|can't connect|cannot connect|failed to connect|timed out|timeout|"
    r"no such file or directory|connection.{0,40}failed|name or service not known",
    re.IGNORECASE,
)


def lacking(lines: Iterable[str]) -> tuple[str, ...]:
    """The services that nobody answered for."""
    refused = [line for line in lines if REFUSED.search(line)]
    return tuple(name for name, said in SERVICES if any(re.search(said, line) for line in refused))


def told(services: tuple[str, ...]) -> str:
    """In one line what is missing; empty when nothing is."""
    return f"no {' and no '.join(services)} answers, which it wants" if services else ""
