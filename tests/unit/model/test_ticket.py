"""What is hidden in a comment, and how a thing to be told stands with what was told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.model.ticket import Marker, Standing, marker_in, standing
from ecluse.model.tracker import Happening, Tickets, TrackerKind

AT = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
DEPLOYED = Marker(app="shop", version="1.4.0", happening=Happening.DEPLOYED, environment="production", at=AT)
TAKEN_BACK = replace(DEPLOYED, happening=Happening.TAKEN_BACK, at=AT + timedelta(hours=1))
RELEASED = Marker(app="shop", version="1.4.0", happening=Happening.RELEASED, at=AT)
LATER = AT + timedelta(hours=2)


@given(
    st.builds(
        Marker,
        app=st.from_regex(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?", fullmatch=True).filter(str.isascii),
        version=st.from_regex(r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}", fullmatch=True).filter(str.isascii),
        happening=st.sampled_from(Happening),
        environment=st.from_regex(r"[a-z0-9][a-z0-9_-]{0,62}", fullmatch=True).filter(str.isascii),
        at=st.datetimes(timezones=st.just(UTC)).map(lambda at: at.replace(microsecond=0)),
    )
)
def test_a_marker_is_found_again_in_any_text(marker):
    for text in (f"<!-- {marker} -->", f"[//]: # ({marker})", f"Released.\n\n{marker}\nmore"):
        assert marker_in(text) == marker


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ecluse:1",
        "ecluse:1 app=shop",
        "ecluse:1 app=a release=1 event=x at=now",
        "ecluse:1 app=a release=1 event=deploy at=2030-01-01T00:00:00",
    ],
)
def test_a_text_without_a_whole_marker_has_none(text):
    assert marker_in(text) is None


def test_a_marker_is_in_utc():
    east = replace(DEPLOYED, at=AT.astimezone(timezone(timedelta(hours=2))))
    assert str(east) == str(DEPLOYED)


@pytest.mark.parametrize(
    ("wanted", "there", "is_late", "expected"),
    [
        (DEPLOYED, [], False, Standing.NEW),
        (DEPLOYED, [replace(DEPLOYED, at=LATER)], False, Standing.SAID),
        (DEPLOYED, [RELEASED], False, Standing.NEW),
        (DEPLOYED, [replace(DEPLOYED, environment="staging")], False, Standing.NEW),
        (DEPLOYED, [replace(DEPLOYED, app="other")], False, Standing.NEW),
        (replace(DEPLOYED, at=LATER), [DEPLOYED, TAKEN_BACK], False, Standing.NEW),
        (DEPLOYED, [DEPLOYED, TAKEN_BACK], False, Standing.SAID),
        (replace(DEPLOYED, version="1.3.0"), [DEPLOYED], False, Standing.NEW),
        (replace(DEPLOYED, version="1.3.0", at=AT - timedelta(hours=1)), [DEPLOYED], True, Standing.OVERTAKEN),
        (replace(DEPLOYED, version="1.5.0", at=LATER), [DEPLOYED], True, Standing.NEW),
        (RELEASED, [replace(RELEASED, at=LATER)], True, Standing.SAID),
        (RELEASED, [replace(RELEASED, version="1.5.0", at=LATER)], True, Standing.NEW),
    ],
)
def test_what_was_said_is_not_said_again(wanted, there, is_late, expected):
    assert standing(wanted, there, is_late=is_late) is expected


def test_where_a_ticket_goes_depends_on_what_happened():
    tickets = Tickets(
        tracker=TrackerKind.JIRA,
        on_release="Done",
        on_deploy={"production": "Released"},
        on_rollback={"production": "Open"},
    )
    assert tickets.move(Happening.RELEASED, "") == "Done"
    assert tickets.move(Happening.DEPLOYED, "production") == "Released"
    assert tickets.move(Happening.DEPLOYED, "staging") == ""
    assert tickets.move(Happening.TAKEN_BACK, "production") == "Open"
