"""`[environments.NAME]`: named places, each with a policy."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Strict

from ecluse.manifest.schema.balancer import BalancerTable
from ecluse.manifest.schema.key import Table, key, section
from ecluse.manifest.schema.policy import PolicyTable
from ecluse.manifest.schema.shapes import Batch, CanaryStep, HostOrGroup, JumpHost, Name, PublicKey, Url, Variable
from ecluse.manifest.schema.types import Address, Duration, Inside, Percent, Settings, Truth, Whole
from ecluse.model import app as model
from ecluse.model.host import SshSettings
from ecluse.model.ids import EnvironmentName
from ecluse.model.rollout import AfterWatch, HostsDown, JudgeKind, Promotion, Rollout, Strategy

_DEFAULT = model.Environment(name=EnvironmentName("production"))


_ROLLOUT = Rollout()


class RolloutTable(Table):
    """How exactly traffic moves, who says when, and what happens when the watch could not tell."""

    batch: Batch = key(
        "Hosts of a rolling batch: a number, or a share such as 25%.", example="25%", default=_ROLLOUT.batch
    )
    wait: Duration = key(
        "Time for which a rolling batch is watched before the next one.", example="30s", default=_ROLLOUT.wait
    )
    canary: list[CanaryStep] = key(
        "The steps of a canary: percent of new connections, for a time or until it has answered so many requests.",
        example=["5% for 10m", "50% for 1000 requests"],
        default=["5% for 1m", "25% for 1m"],
        min_length=1,
    )
    sticky: Truth = key(
        "Whether a client's address keeps it with one release during a canary; not where one proxy is all clients.",
        example=True,
        default=_ROLLOUT.sticky,
    )
    promote: Annotated[Promotion, Strict(False)] = key(
        "auto, or manual: before the last shift a person says `ecluse promote`.",
        example="manual",
        default=_ROLLOUT.promote,
    )
    promote_within: Duration = key(
        "Time for which a release waits for a person; then it is undone.",
        example="30m",
        default=_ROLLOUT.promote_within,
    )
    judge: Annotated[JudgeKind, Strict(False)] = key(
        "sequential compares with what the old release counted; threshold is a fixed limit of errors, which is worse.",
        example="threshold",
        default=_ROLLOUT.judge,
    )
    error_limit: Percent = key(
        "Share of errors that the threshold allows.", example=0.02, default=_ROLLOUT.error_limit, ge=0, le=1
    )
    inconclusive: Annotated[AfterWatch, Strict(False)] = key(
        "What a watch does that saw too little to judge: promote, hold (wait for a person) or undo.",
        example="hold",
        default=_ROLLOUT.inconclusive,
    )


_SSH = SshSettings()


class SshTable(Table):
    """How hosts are reached over SSH. The user's own configuration, keys, agent and known hosts are used."""

    config: str = key(
        "An OpenSSH client configuration (ssh_config(5)) to read instead of ~/.ssh/config.",
        example="deploy/ssh_config",
        default=_SSH.config,
    )
    jump: JumpHost | None = key("A host to go through to all of them.", example="deploy@bastion", default=None)
    folder: Inside = key(
        "The folder of the keeper, of releases and data, in the user's home there.",
        example="ecluse",
        default=_SSH.folder,
    )
    connect_timeout: Duration = key(
        "Time within which a host has to let us in.", example="5s", default=_SSH.connect_timeout
    )
    keep_alive: Duration = key(
        "Time between two signs of life; without three of them a connection is lost.",
        example="2s",
        default=_SSH.keep_alive,
    )
    at_once: Whole = key("Hosts to which we connect at once.", example=20, default=_SSH.at_once, ge=1, le=1000)
    transfers: Whole = key("Hosts that are sent files at once.", example=4, default=_SSH.transfers, ge=1, le=1000)


class EnvironmentTable(Table):
    """A named place with a policy. Without any, there is `local` with its defaults."""

    target: Literal["process"] = key(
        "Where instances run: process, on this machine.", example="process", default=_DEFAULT.target
    )
    address: Address = key("IPv4 address to listen on.", example="192.168.1.10", default=_DEFAULT.address)
    port: Whole = key("Public port.", example=80, default=_DEFAULT.port, ge=1, le=65535)
    url: Url | None = key(
        "Where people open it, when that isn't its address and port; {port} stands for the port.",
        example="https://shop.example.com",
        default=None,
    )
    hosts: list[HostOrGroup] = key(
        "Hosts, none: this machine. USER@NAME[:PORT] is reached over SSH, an alias of ~/.ssh/config too. "
        "@NAME is a group of [groups]. keeper:FOLDER is a keeper of its own here; the first listens on `port`, the "
        "next one on the next.",
        example=["deploy@web1", "deploy@web2"],
        default_factory=list,
    )
    ssh: SshTable = section(default_factory=SshTable)
    signed_by: list[PublicKey] = key(
        "Public keys as ssh-keygen(1) writes them; one of them must have signed a release before it is deployed here.",
        example=[
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIH5RXOHKzvdZGT/ROctv2jnL2woHY0dg0n9uFziq3J7f release@example.com"
        ],
        default_factory=list,
    )
    balancer: BalancerTable | None = section(default=None)
    hosts_down: Annotated[HostsDown, Strict(False)] = key(
        "Which hosts may be down for a deploy: all (all are wanted), quorum (those down at its beginning are left out, "
        "if most are there), skip (those lost on the way too). `ecluse converge` brings it to them when they are back.",
        example="quorum",
        default=_DEFAULT.hosts_down,
    )
    roles: dict[Name, list[HostOrGroup]] = key(
        "Which process runs on which of the hosts, or on which groups; one that isn't named runs on all.",
        example={"web": ["deploy@web1"], "worker": ["deploy@jobs1"]},
        default_factory=dict,
    )
    instances: Whole = key(
        "More than 0: a pattern. Nothing runs in it; NAME-SOMETHING, such as review-12, is an environment like it, "
        "with a port (from `port` on, so many at most), data and services of its own. {instance} stands for SOMETHING "
        "in `url` and `env`. Its releases are not tagged.",
        example=20,
        default=_DEFAULT.instances,
        ge=0,
        le=1000,
    )
    strategy: Annotated[Strategy, Strict(False)] = key(
        "How traffic moves to a new release: blue-green (all at once after its gate), rolling (one batch of hosts "
        "after the other), canary (a growing share of connections), recreate (the old one stops first: downtime).",
        example="canary",
        default=_DEFAULT.strategy,
    )
    rollout: RolloutTable = section(default_factory=RolloutTable)
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
    services: Truth | None = key(
        "Whether what [services] declares is run for it, on this machine; none: no, but yes in `local`.",
        example=True,
        default=None,
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
