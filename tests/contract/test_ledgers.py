from datetime import UTC, datetime, timedelta

import pytest

from ecluse.ledger.besteffort import BestEffortLedger
from ecluse.ledger.memory import MemoryLedger
from ecluse.ledger.sqlite.ledger import SqliteLedger
from ecluse.testing.ledger import LedgerContract


class Ticking:
    """A clock that moves a microsecond each time it is read."""

    def __init__(self):
        self._now = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self):
        self._now += timedelta(microseconds=1)
        return self._now

    def monotonic(self):
        return self._now.timestamp()

    async def sleep(self, seconds):
        self._now += timedelta(seconds=seconds)


class TestMemoryLedger(LedgerContract):
    @pytest.fixture
    def ledger(self):
        return MemoryLedger(Ticking(), "ada@lock")


class TestBestEffortLedger(LedgerContract):
    @pytest.fixture
    def ledger(self):
        return BestEffortLedger(MemoryLedger(Ticking(), "ada@lock"), MemoryLedger(Ticking(), "ada@lock"), pytest.fail)


class TestSqliteLedger(LedgerContract):
    @pytest.fixture
    def ledger(self, tmp_path):
        ledger = SqliteLedger(tmp_path / "home" / "ledger.db", Ticking(), "ada@lock")
        yield ledger
        ledger.close()
