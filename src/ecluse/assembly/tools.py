"""Interpreters, environments, programs of services, and those that we run ourselves."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ecluse.model.security import SecurityPolicy, Source

if TYPE_CHECKING:
    from ecluse.ports.advisories import Advisories
    from ecluse.ports.commands import CommandRunner
    from ecluse.ports.python import Toolchain
    from ecluse.ports.services import ServicePrograms
    from ecluse.ports.store import ContentStore
    from ecluse.ports.toolbox import Toolbox


def toolchain_of(home: Path, env: Mapping[str, str], commands: CommandRunner, store: ContentStore) -> Toolchain:
    from ecluse.providers.uv.toolchain import UvToolchain  # noqa: PLC0415
    from ecluse.system.python import ask  # noqa: PLC0415

    return UvToolchain(home=home, env=env, commands=commands, store=store, ask=ask)


def services_of(home: Path, env: Mapping[str, str], toolchain: Toolchain, commands: CommandRunner) -> ServicePrograms:
    from ecluse.providers.machine.services import MachineServices  # noqa: PLC0415

    return MachineServices(home=home, programs=home / "keepers", env=env, toolchain=toolchain, commands=commands)


def toolbox_of(home: Path, env: Mapping[str, str], commands: CommandRunner) -> Toolbox:
    from ecluse.providers.uv.toolbox import UvToolbox  # noqa: PLC0415

    return UvToolbox(home=home, env=env, commands=commands, python=Path(sys.executable))


def advisories_of(
    policy: SecurityPolicy, root: Path, env: Mapping[str, str], commands: CommandRunner, toolbox: Toolbox
) -> Advisories:
    """A folder counts from the repository. pip-audit can ask OSV elsewhere, PyPI nowhere else: such an index we ask."""
    if policy.source is Source.FOLDER:
        from ecluse.providers.advisories.folder import FolderAdvisories  # noqa: PLC0415

        return FolderAdvisories(root / policy.at)
    if policy.source is Source.PYPI and policy.at:
        from ecluse.providers.advisories.index import OwnIndex  # noqa: PLC0415

        return OwnIndex(at=policy.at, env=env)
    from ecluse.providers.advisories.program import PipAudit  # noqa: PLC0415

    return PipAudit(
        service=policy.source.value, at=policy.at, toolbox=toolbox, commands=commands, env=env, timeout=policy.timeout
    )
