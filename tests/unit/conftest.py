"""What several suites of units need of the machine."""

import asyncio
import tempfile
from pathlib import Path

import pytest

# Nothing of ours is imported up here, because the host side's units run on a Python 3.9.


@pytest.fixture(scope="module")
def commands():
    """What runs real programs."""
    from ecluse.system.commands import SupervisedRunner

    runner = SupervisedRunner()
    yield runner
    runner.close()


@pytest.fixture(scope="session")
def veils():
    """Skips where nothing can be hidden from a step, as for root in a changed root (user_namespaces(7): EPERM)."""
    from ecluse.ports.commands import Command
    from ecluse.system.commands import SupervisedRunner

    runner = SupervisedRunner()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "seen").touch()
        look = Command(argv=("/bin/ls", folder), folder=Path("/"), veiled=Path(folder))
        seen = asyncio.run(runner.run(look)).output
    runner.close()
    if seen:
        pytest.skip("this system lets no folder be hidden from a step")
