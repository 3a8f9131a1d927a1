"""`[environments.NAME]`: named places, each with a policy."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from ecluse.manifest.schema.key import Table, key, section
from ecluse.manifest.schema.policy import PolicyTable
from ecluse.manifest.schema.shapes import Name, Variable
from ecluse.manifest.schema.types import Address, Duration, Inside, Settings, Truth, Whole
from ecluse.model import app as model
from ecluse.model.ids import EnvironmentName

_DEFAULT = model.Environment(name=EnvironmentName("production"))


class EnvironmentTable(Table):
    """A named place with a policy. Without any, there is `local` with its defaults."""

    target: Literal["process"] = key(
        "Where instances run: process, on this machine.", example="process", default=_DEFAULT.target
    )
    address: Address = key("IPv4 address to listen on.", example="192.168.1.10", default=_DEFAULT.address)
    port: Whole = key("Public port.", example=80, default=_DEFAULT.port, ge=1, le=65535)
    strategy: Literal["blue-green"] = key(
        "How traffic moves to a new release: blue-green, all at once after its gate.",
        example="blue-green",
        default=_DEFAULT.strategy,
    )
    env: Settings = key(
        "Settings of every process here, over those of [app].", example={"DEBUG": "0"}, default_factory=dict
    )
    env_files: list[Inside] = key(
        "Files with settings that must be there, read after .env and .env.NAME; their values are never logged.",
        example=["deploy/production.env"],
        default_factory=list,
    )
    secrets: list[Variable] = key(
        "Variables that must have a value, from an env file or the caller's environment; never logged.",
        example=["SECRET_KEY", "DATABASE_URL"],
        default_factory=list,
    )
    gates: list[Name] | None = key(
        "Steps that must pass before a release comes here; none: every step with `gate`.",
        example=["lint", "test"],
        default=_DEFAULT.gates,
    )
    tag: Truth | None = key(
        "Whether a ship tags the release in git; none: yes, but not in `local`.", example=True, default=None
    )
    stamp: Truth | None = key(
        "Whether answers carry X-Release; none: no, but yes in `local`.", example=True, default=None
    )
    unchecked: str = key(
        "Why there is no health check; a deploy without a check and without a reason is refused.",
        example="only background work",
        default=_DEFAULT.unchecked,
    )
    warm: Duration = key(
        "Time for which the old release is kept running for an instant rollback; 0 stops it at once.",
        example="1h",
        default=_DEFAULT.warm,
    )
    watch: Duration = key(
        "Time for which the new release is watched under traffic before the deploy is done.",
        example="1m",
        default=_DEFAULT.watch,
    )
    lease: Duration = key(
        "Time after which a vanished deployer's deployment is undone.",
        example="1m",
        default=_DEFAULT.lease,
        ge=timedelta(seconds=1),
    )
    keep_releases: Whole = key(
        "Releases kept on the target, those in use besides.", example=10, default=_DEFAULT.keep_releases, ge=1, le=1000
    )
    policy: PolicyTable = section(default_factory=PolicyTable)
