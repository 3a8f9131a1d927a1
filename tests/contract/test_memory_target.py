import pytest

from ecluse.model.holder import Holder
from ecluse.providers.memory.target import MemoryTarget
from ecluse.testing.releases import release_of
from ecluse.testing.target import TargetContract

HOLDER = Holder(id="h-1", host="here", pid=1, user="anne", command="ecluse ship")


class TestMemoryTarget(TargetContract):
    @pytest.fixture
    def target(self, memory_target) -> MemoryTarget:
        return memory_target

    @pytest.fixture
    def running(self):
        return release_of

    @pytest.fixture
    def later(self, fake_clock):
        return fake_clock.sleep

    @pytest.fixture
    def holder(self):
        return HOLDER

    @pytest.fixture
    def taken(self, target):
        target.taken.add(9000)
        return 9000

    @pytest.fixture
    def gone(self, target):
        target.gone.add("h-gone")
        return Holder(id="h-gone", host="here", pid=2, user="bert", command="ecluse ship")
