"""What the keys of a run are made from, and the one part that takes long to find: what is in its environment."""

from __future__ import annotations

import hashlib
import hmac
import json
import platform
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache, partial
from pathlib import Path

from ecluse import __version__
from ecluse.loop.test.cache.keys import ABSENT, Basis
from ecluse.loop.test.pythons import build_with
from ecluse.model.app import App
from ecluse.model.secret import Secret
from ecluse.model.service import ServiceKind
from ecluse.ports.source import Entry
from ecluse.ports.world import World


@dataclass(frozen=True, slots=True)
class KnownEnvironment:
    """The name of a locked environment's content, remembered by what the environment is made from. `path` is named by
    that: so a run that is all hits needs neither a checkout nor the environment."""

    path: Path

    @classmethod
    def of(cls, app: App, world: World, entries: Iterable[Entry], python: str) -> KnownEnvironment:
        """The interpreters count: another one may be chosen when one is added or goes."""
        pythons = [(str(python.path), python.version) for python in world.toolchain.interpreters()]
        tree = [(entry.path, entry.mode, entry.object) for entry in entries]
        asked = json.dumps(
            [str(world.root), tree, asdict(build_with(app.build, python)), pythons], sort_keys=True, default=str
        )
        name = hashlib.sha256(asked.encode("utf-8", "surrogatepass")).hexdigest()[:40]
        return cls(world.home / "cache" / "step-environments" / name)

    def recall(self) -> str:
        try:
            return self.path.read_text(encoding="utf-8")
        except (OSError, ValueError):  # torn by a crash
            return ""

    def keep(self, name: str) -> None:
        """Torn, or lost by a full disk, it names nothing that is kept, which costs a run its hits."""
        with suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.write_text(name, encoding="utf-8")


def basis_of(
    app: App, world: World, entries: tuple[Entry, ...], environments: Mapping[str, str],
    secrets: Mapping[str, Secret], told: Mapping[str, str],
) -> Basis:  # fmt: skip
    """`told` are the run's own variables. Secrets by a hash keyed with this home's own secret: nobody finds them out
    from a key."""
    version = cache(partial(_version, world))
    return Basis(
        entries=entries,
        environments=environments,
        platform=f"{platform.system()} {platform.machine()} {' '.join(platform.libc_ver())}",
        tool=__version__,
        gates=app.gates,
        passed={name: _hash(value) for name, value in {**world.env, **told}.items()},
        secrets={name: _keyed(world.key, secret) for name, secret in secrets.items()},
        services=app.services,
        version=lambda service: version(service.kind, service.version),
        program=program,
        path=world.env.get("PATH", ""),
        security=_security(app, told, world),
    )


def _security(app: App, told: Mapping[str, str], world: World) -> Mapping[str, str]:
    if app.security is None:
        return {}
    from ecluse.loop.security.keys import parts  # noqa: PLC0415  most apps' steps don't need it

    return parts(app.security, told["ECLUSE_COMMIT"], world)


def _version(world: World, kind: ServiceKind, wanted: str) -> str:
    """What isn't here yet is fetched for the run: nobody knows before in which version."""
    found = world.services.find(kind, wanted, scratch=True)
    return found.version if found else ABSENT


def program(name: str, path: str) -> str:
    """By its content."""
    found = shutil.which(name, path=path)
    if found is None:
        return ABSENT
    with Path(found).resolve().open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _keyed(key: bytes, secret: Secret) -> str:
    return hmac.new(key, secret.reveal().encode(), "sha256").hexdigest()


def _hash(value: str) -> str:
    return hashlib.sha256(value.encode("utf-8", "surrogateescape")).hexdigest()
