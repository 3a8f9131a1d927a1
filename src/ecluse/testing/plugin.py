"""The pytest plugin `ecluse`: fixtures that give the fakes, and the event loop of the contract suites."""

from __future__ import annotations

import asyncio
import inspect
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # the plugin is loaded in every run of pytest: what it gives is imported when it is asked for
    from ecluse.providers.memory.target import MemoryTarget
    from ecluse.testing.clock import FakeClock
    from ecluse.testing.ids import CountingIds
    from ecluse.testing.world import MemoryWorld


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "looped: an `async def` test, run in an event loop of its own by ecluse")


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run tests marked `looped`; other plugins' tests are left to them."""
    if pyfuncitem.get_closest_marker("looped") is None or not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True


@pytest.fixture
def fake_clock() -> FakeClock:
    from ecluse.testing.clock import FakeClock  # noqa: PLC0415

    return FakeClock()


@pytest.fixture
def counting_ids() -> CountingIds:
    from ecluse.testing.ids import CountingIds  # noqa: PLC0415

    return CountingIds()


@pytest.fixture
def memory_target(fake_clock: FakeClock) -> MemoryTarget:
    """A target whose releases are healthy unless it is told otherwise (`script`)."""
    from ecluse.providers.memory.target import MemoryTarget  # noqa: PLC0415

    return MemoryTarget(fake_clock)


@pytest.fixture
def memory_world(tmp_path: Path) -> MemoryWorld:
    """A World in memory; `memory_world.world` is what the loop takes."""
    from ecluse.testing.world import MemoryWorld  # noqa: PLC0415

    return MemoryWorld(tmp_path)
