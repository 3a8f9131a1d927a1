"""Time that tests make: it passes for nobody while somebody is at work."""

import asyncio

import pytest

from ecluse.testing.clock import FakeClock

pytestmark = pytest.mark.looped


@pytest.mark.parametrize("turns", [1, 7, 30])
async def test_who_sleeps_long_is_not_woken_while_another_works(turns):
    clock = FakeClock()
    long = asyncio.create_task(clock.sleep(1000))
    for number in range(1, 200):
        await clock.sleep(0.5)
        for _ in range(turns):
            await asyncio.sleep(0)
        assert clock.monotonic() == 0.5 * number
    assert not long.done()
    long.cancel()


async def test_it_passes_when_everybody_waits():
    clock = FakeClock()
    await asyncio.gather(*(clock.sleep(seconds) for seconds in (3, 1, 2)))
    assert clock.monotonic() == 3
