"""Time for tests: it passes when everybody waits for it."""

from ecluse.providers.memory.clock import FakeClock

__all__ = ["FakeClock"]
