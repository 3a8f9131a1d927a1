"""The tracker in memory passes the suite that every tracker passes."""

import pytest

from ecluse.model.ticket import Ticket
from ecluse.providers.memory.tracker import MemoryTracker
from support.trackers import Named


class TestMemoryTracker(Named):
    names = ("ABC-1", "ABC-99", "Done")

    @pytest.fixture
    def tracker(self):
        return MemoryTracker({"ABC-1": Ticket(key="ABC-1", title="A window", status="To Do")})
