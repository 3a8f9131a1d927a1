"""`[services.NAME]`: what the app needs beside itself, run on this machine."""

from __future__ import annotations

from typing import Annotated

from pydantic import Strict

from ecluse.manifest.schema.key import Table, key
from ecluse.manifest.schema.shapes import ServiceVersion
from ecluse.manifest.schema.types import Settings
from ecluse.model.service import ServiceKind


class ServiceTable(Table):
    """A database, cache or broker of its own for an environment on this machine (`local`).

    It is started before migrations, kept over deploys, rollbacks and `ecluse stop`, and its data with it. Steps of the
    group `test` get another one, empty, for each run. A service asks for its password if a variable hands it over.
    """

    kind: Annotated[ServiceKind, Strict(False)] = key(
        "postgres, redis, rabbitmq or mysql (MariaDB too).", example="postgres"
    )
    version: ServiceVersion | None = key(
        "How the version must begin; none: whatever this machine has.", example="16", default=None
    )
    env: Settings = key(
        "Variables in which the app wants the address, each with its form; `{host}`, `{port}`, `{user}`, `{password}`, "
        "`{name}` and `{folder}` are filled in. They go before all other settings.",
        example={"DATABASE_URL": "postgresql+psycopg://{user}:{password}@{host}:{port}/{name}"},
        default_factory=dict,
    )
