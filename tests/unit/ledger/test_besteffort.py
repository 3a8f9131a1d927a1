"""What can't be written is read all the same, and what can't be read keeps nobody from going on."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest

from ecluse.ledger.besteffort import BestEffortLedger
from ecluse.ledger.memory import MemoryLedger
from ecluse.ledger.sqlite.ledger import SqliteLedger
from ecluse.model.events.deployments import DeploymentCommitted
from ecluse.model.events.environments import EnvironmentStopped
from ecluse.model.problem import ProblemError

SERVES = DeploymentCommitted(environment="local", deployment="d-1", release="r-1", version="1", slot="blue")
STOPPED = EnvironmentStopped(environment="local", release="r-1")


class Still:
    def now(self):
        return datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def told():
    return []


@pytest.fixture
def ledger(tmp_path, told):
    own = SqliteLedger(tmp_path / "ledger.db", Still(), "ada@lock", busy_seconds=0.01)
    own.append(SERVES)
    yield BestEffortLedger(own, MemoryLedger(Still(), "ada@lock"), told.append)
    own.close()


@pytest.mark.parametrize("way", ["append", "defer"])
def test_one_that_can_t_be_written_is_read_all_the_same(ledger, tmp_path, told, way):
    with closing(sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        getattr(ledger, way)(STOPPED)
        ledger.append(STOPPED)
        assert ledger.state().environments["local"].serving == "r-1"
        assert [record.event for record in ledger.events()] == [SERVES]
    assert [problem.code for problem in told] == ["L003"]


def test_one_that_can_t_be_read_is_an_empty_one(ledger, tmp_path, told):
    ledger.close()
    (tmp_path / "ledger.db").write_bytes(b"rubbish" * 100)
    assert ledger.state().environments == {}
    ledger.append(SERVES)
    assert ledger.state().environments["local"].serving == "r-1"
    assert [problem.code for problem in told] == ["L001"]


def test_one_that_has_answered_is_not_an_empty_one_from_then_on(ledger, tmp_path):
    assert ledger.state().environments["local"].serving == "r-1"
    ledger.close()
    (tmp_path / "ledger.db").write_bytes(b"rubbish" * 100)
    with pytest.raises(ProblemError) as caught:
        ledger.state()
    assert caught.value.problems[0].code == "L001"


def test_whether_it_is_whole_is_never_answered_by_another(ledger, tmp_path):
    ledger.close()
    (tmp_path / "ledger.db").write_bytes(b"rubbish" * 100)
    ledger.state()
    with pytest.raises(ProblemError) as caught:
        ledger.verify()
    assert caught.value.problems[0].code == "L001"
