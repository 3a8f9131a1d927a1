"""Releases for tests, of nothing in particular."""

from __future__ import annotations

from ecluse.model.app import Environment, Interface, Listen, Process
from ecluse.model.artifact import Bundle
from ecluse.model.ids import Commit, Digest, EnvironmentName, ProcessName, Version
from ecluse.model.release import Release
from ecluse.ports.target import Running

COMMIT = Commit("c" * 40)
CONFIG = Digest("sha256:" + "0" * 64)
NOTHING = Bundle(digest=Digest("sha256:" + "1" * 64), commit=COMMIT, dirty=False, files=(), wheelhouses=())
WEB = Process(name=ProcessName("web"), interface=Interface.COMMAND, listen=Listen.FD, command=("serve",))


def release_of(
    version: str, *processes: Process, bundle: Bundle = NOTHING, environment: Environment | None = None
) -> Running:
    """A release of `version` that is one web process, unless others are given."""
    return Running(
        release=Release(version=Version(version), commit=COMMIT, bundle=bundle.digest, config=CONFIG),
        bundle=bundle,
        app="example",
        environment=environment or Environment(name=EnvironmentName("local")),
        processes=processes or (WEB,),
    )
