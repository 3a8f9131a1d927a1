"""Where this machine has the programs of services; a test that needs one that isn't there is skipped, and says so."""

from pathlib import Path

import pytest

from ecluse.model.service import ServiceKind
from ecluse.providers.machine.services import MachineServices
from ecluse.system.environment import read_environment


def programs(kind: str) -> Path:
    found = MachineServices(
        home=Path("/nowhere"), programs=Path("/nowhere"), env=read_environment(), toolchain=None, commands=None
    ).find(ServiceKind(kind))
    if found is None:
        pytest.skip(f"{kind} is not installed on this machine")
    return found.folder
