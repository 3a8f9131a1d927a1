"""The tracker in memory passes the suite that every tracker passes."""

import pytest

from ecluse.model.ticket import Ticket
from ecluse.providers.memory.tracker import MemoryTracker
from ecluse.testing.tracker import TrackerContract


class TestMemoryTracker(TrackerContract):
    @pytest.fixture
    def key(self):
        return "ABC-1"

    @pytest.fixture
    def absent(self):
        return "ABC-99"

    @pytest.fixture
    def done(self):
        return "Done"

    @pytest.fixture
    def tracker(self):
        return MemoryTracker({"ABC-1": Ticket(key="ABC-1", title="A window", status="To Do")})
