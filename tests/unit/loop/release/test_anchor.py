from datetime import UTC, datetime

import pytest

from ecluse.ledger.memory import MemoryLedger
from ecluse.loop.release.anchor import anchored, holds
from ecluse.model.events.environments import EnvironmentStopped


class Still:
    def now(self):
        return datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def ledger():
    return MemoryLedger(Still(), "ada@lock")


def test_a_message_ends_with_where_the_chain_stands(ledger):
    (record,) = ledger.append(EnvironmentStopped(environment="local"))
    assert anchored("1.0.0\n\nFirst.\n", ledger) == f"1.0.0\n\nFirst.\n\nLedger-Head: 1:{record.hash}\n"


def test_without_events_there_is_nothing_to_anchor(ledger):
    assert anchored("1.0.0", ledger) == "1.0.0"


def test_an_anchor_holds_as_long_as_its_event_stands(ledger):
    (record,) = ledger.append(EnvironmentStopped(environment="local"))
    ledger.append(EnvironmentStopped(environment="local"))
    assert holds(f"1:{record.hash}", ledger)
    assert not holds("1:another", ledger)
    assert not holds(f"9:{record.hash}", ledger)


def test_what_names_no_event_is_refused(ledger):
    with pytest.raises(ValueError, match="nonsense"):
        holds("nonsense", ledger)
