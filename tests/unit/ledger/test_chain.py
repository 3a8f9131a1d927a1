from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ecluse.ledger.chain import GENESIS, follow, forge, read
from ecluse.model.events.environments import EnvironmentStopped
from ecluse.model.events.runs import RunStarted

AT = datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=UTC)


def chain(length=3):
    links, previous = [], GENESIS
    for number in range(1, length + 1):
        event = RunStarted(environment="local", run=f"run-{number}", verb="ship")
        links.append(forge(previous, number=number, at=AT, actor="ada@lock", event=event))
        previous = links[-1].hash
    return links


def verified(links, events=3, head=None):
    return follow(links, events=events, head=head or chain()[-1].hash)


def test_the_bytes_are_canonical():
    assert chain(1)[0].canonical == (
        b'{"actor":"ada@lock","at":"2026-01-01T12:00:00.123456+00:00","data":{"commit":"","dirty":false,'
        b'"environment":"local","run":"run-1","verb":"ship"},"kind":"RunStarted","number":1}'
    )


def test_a_record_is_read_from_the_bytes_alone():
    record = read(chain(1)[0])
    assert (record.at, record.actor, record.event) == (
        AT,
        "ada@lock",
        RunStarted(environment="local", run="run-1", verb="ship"),
    )


def test_a_whole_chain_holds():
    verification = verified(chain())
    assert (verification.ok, verification.events, verification.broken_at) == (True, 3, None)


def edited(links):
    links[1] = replace(links[1], canonical=links[1].canonical.replace(b"ship", b"stop"))


def edited_and_hashed_again(links):
    forged = forge(links[0].hash, number=2, at=AT, actor="mallory", event=EnvironmentStopped(environment="local"))
    links[1] = forged


def deleted(links):
    del links[1]


def refiled(links):
    links[1] = replace(links[1], environment="production")


@pytest.mark.parametrize(
    ("tamper", "broken_at", "why"),
    [
        (edited, 2, "event 2 was edited"),
        (edited_and_hashed_again, 3, "event 3 doesn't follow the event before it"),
        (deleted, 2, "event 2 is missing"),
        (refiled, 2, "event 2 was filed under another environment"),
    ],
)
def test_the_first_broken_event_is_named(tamper, broken_at, why):
    links = chain()
    tamper(links)
    verification = verified(links)
    assert (verification.ok, verification.broken_at, verification.why) == (False, broken_at, why)


def test_a_cut_tail_shows_against_the_head():
    verification = verified(chain()[:2])
    assert (verification.ok, verification.broken_at) == (False, 3)
    assert "the tail was cut" in verification.why


def test_a_head_that_was_set_back_shows():
    verification = verified(chain(), events=2, head=chain()[1].hash)
    assert (verification.ok, verification.broken_at) == (False, 3)


def test_bytes_that_are_no_event_show_even_with_a_right_hash():
    from ecluse.ledger.chain import Link, digest

    link = Link(number=1, environment="", canonical=b"[]", previous=GENESIS, hash=digest(GENESIS, b"[]"))
    assert follow([link], events=1, head=link.hash).why == "event 1 can't be read"
