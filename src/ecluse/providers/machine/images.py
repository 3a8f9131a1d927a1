"""Images of services in this machine's Docker: which one it is, whether it is here, and fetching it."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cached_property
from pathlib import Path

from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.model.service import Service, ServiceKind
from ecluse.ports.commands import Command, CommandRunner
from ecluse.ports.services import Programs
from ecluse.system.programs import answer_of

IMAGES = {ServiceKind.POSTGRES: "postgres", ServiceKind.REDIS: "redis"}
"""Docker's official ones; their programs are run as those of a machine are."""
FETCHING = timedelta(minutes=15)
LAST_LINES = 6
PASSED = ("DOCKER_HOST", "DOCKER_CONFIG", "DOCKER_CONTEXT", "HOME", "PATH", "XDG_RUNTIME_DIR")
"""What its client goes by."""
HERE = "unix://"
"""Another machine's containers can't be reached at our addresses; nor can those of a rootless daemon, whose network is
one of its own."""
ROOTLESS = "name=rootless"


class Images:
    def __init__(self, env: Mapping[str, str], commands: CommandRunner) -> None:
        self._commands = commands
        self._environment = {name: env[name] for name in PASSED if name in env}

    @cached_property
    def _docker(self) -> Path | None:
        found = shutil.which("docker", path=self._environment.get("PATH", ""))
        return Path(found) if found and self._environment.get("DOCKER_HOST", HERE).startswith(HERE) else None

    def find(self, kind: ServiceKind, version: str) -> Programs | None:
        """Of an image that is here; its version is the image's digest."""
        image = image_of(kind, version)
        digest = self._asked("image", "inspect", "--format", "{{.Id}}", image) if image else ""
        if not digest or self._docker is None or not self._is_ours():
            return None
        return Programs(kind=kind, folder=self._docker, version=digest, image=image)

    async def get(self, service: Service, say: Callable[[str], None]) -> Programs | None:
        """Of an image that is fetched. None where no daemon answers; ProblemError V002 where the image can't be had."""
        image = image_of(service.kind, service.version)
        if not image or self._docker is None or not await asyncio.to_thread(self._is_ours):
            return None
        say(f"fetching the image {image}")
        pull = (str(self._docker), "pull", "--quiet", image)
        fetched = await self._commands.run(
            Command(argv=pull, folder=Path("/"), env=self._environment, timeout=FETCHING)
        )
        if not fetched.ok:
            raise ProblemError(unfetched(service, image, fetched.output))
        return await asyncio.to_thread(self.find, service.kind, service.version)

    def container(self, service: Service, programs: Programs, folder: Path) -> dict[str, object]:
        """All that the keeper's program has to know to be it."""
        return {
            "kind": service.kind.value,
            "docker": str(programs.folder),
            "image": programs.image,
            "folder": str(folder),
            "asks": service.asks,
            "environment": self._environment,
        }

    def _is_ours(self) -> bool:
        options = self._asked("info", "--format", "{{.OSType}} {{.SecurityOptions}}")
        return options.startswith("linux") and ROOTLESS not in options

    def _asked(self, *words: str) -> str:
        return answer_of(self._docker, *words, env=self._environment) if self._docker else ""


def image_of(kind: ServiceKind, version: str) -> str:
    """Empty for a kind that isn't run in a container."""
    return f"{IMAGES[kind]}:{version or 'latest'}" if kind in IMAGES else ""


def unfetched(service: Service, image: str, said: str) -> Problem:
    return Problem(
        code="V002",
        what=f"the service {service.name} needs {service.kind}, which isn't here, and its image can't be had",
        evidence=(f"docker pull {image}", *said.splitlines()[-LAST_LINES:]),
        fix=f"`docker pull {image}`, and see what it lacks", exit=Exit.REFUSED,
    )  # fmt: skip
