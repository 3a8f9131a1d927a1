"""The programs of databases, caches and brokers on this machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from ecluse.model.app import Argv
from ecluse.model.service import Service, ServiceKind
from ecluse.model.values import frozen


@frozen
class Programs:
    """`folder` holds the server; `version` may be empty where it wasn't told. With an `image` they are in that, and
    `folder` is Docker's client."""

    kind: ServiceKind
    folder: Path
    version: str = ""
    image: str = ""


class ServicePrograms(Protocol):
    """Where services come from, and how one is started that lives no longer than who started it."""

    def find(self, kind: ServiceKind, version: str = "", *, scratch: bool = False) -> Programs | None:
        """The newest that is here and whose version begins so; nothing is fetched. `scratch`: where none is
        installed an image will do, for a service that lives no longer than who started it."""

    async def get(self, service: Service, say: Callable[[str], None], *, scratch: bool = False) -> Programs:
        """What `find` finds, else fetched where that is possible. ProblemError V001, V002: how it can be had."""

    def serve(self, service: Service, programs: Programs, folder: Path) -> Argv:
        """A program that is the service until it is ended. Its data lies in `folder`, and may be lost at any crash;
        its address stands in `address.json` there once it is known."""

    def wait(self, folder: Path, seconds: float) -> Argv:
        """A program that ends well when the service in `folder` answers."""
