"""What several suites of units need of the machine."""

import asyncio

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
    """Skips where nothing can be hidden from a step, as where no namespace may be made."""
    from ecluse.loop.code.veiling import can_veil
    from ecluse.system.commands import SupervisedRunner

    runner = SupervisedRunner()
    can = asyncio.run(can_veil(runner))
    runner.close()
    if not can:
        pytest.skip("this system lets no folder be hidden from a step")
