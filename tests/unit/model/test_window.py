"""Windows of time, where clocks are set forward and back too."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecluse.model.window import WEEK, UnknownZoneError, free_from, moments, whole_day, window, zone_of

PARIS, NEW_YORK = "Europe/Paris", "America/New_York"
CHANGES = [
    (PARIS, "2026-03-29", "01:00"), (PARIS, "2026-10-25", "01:00"),
    (NEW_YORK, "2026-03-08", "07:00"), (NEW_YORK, "2026-11-01", "06:00"),
]  # fmt: skip
"""Both changes of both zones, with the time in UTC."""
WEEKEND = window("fri 15:00 - mon 08:00 Europe/Paris")


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


wall = datetime.fromisoformat
"""What a clock shows, wherever it hangs."""


def held(one, text):
    return one.holding(utc(text)) is not None


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-11-27T13:59:59", False),
        ("2026-11-27T14:00:00", True),
        ("2026-11-29T12:00:00", True),
        ("2026-11-30T06:59:59", True),
        ("2026-11-30T07:00:00", False),
        ("2026-12-02T12:00:00", False),
    ],
)
def test_a_week_ends_on_friday_and_begins_on_monday(at, expected):
    assert held(WEEKEND, at) is expected


def test_a_weekend_in_which_clocks_change_is_an_hour_shorter_or_longer():
    spring = WEEKEND.holding(utc("2026-03-28T12:00"))
    autumn = WEEKEND.holding(utc("2026-10-24T12:00"))
    assert spring == (utc("2026-03-27T14:00"), utc("2026-03-30T06:00"))
    assert autumn == (utc("2026-10-23T13:00"), utc("2026-10-26T07:00"))


def test_dates_are_whole_days():
    christmas = window("2026-12-20 - 2027-01-02 Europe/Paris")
    assert christmas.holding(utc("2026-12-31T00:00")) == (utc("2026-12-19T23:00"), utc("2027-01-02T23:00"))
    assert not held(christmas, "2026-12-19T22:59")
    assert not held(christmas, "2027-12-24T00:00")


def test_dates_may_have_times():
    sale = window("2026-11-27 06:00 - 2026-11-30 22:00 America/New_York")
    assert sale.holding(utc("2026-11-28T00:00")) == (utc("2026-11-27T11:00"), utc("2026-12-01T03:00"))


@pytest.mark.parametrize(
    ("text", "begin", "end"),
    [
        ("sat - sun UTC", "2026-11-28T00:00", "2026-11-30T00:00"),
        ("sun - sun UTC", "2026-11-29T00:00", "2026-11-30T00:00"),
        ("Sun 9:00 – Sat 8:59 UTC", "2026-11-29T09:00", "2026-12-05T08:59"),
    ],
)
def test_days_of_the_week(text, begin, end):
    assert window(text).holding(utc("2026-11-29T10:00")) == (utc(begin), utc(end))


def test_a_time_that_is_jumped_over_is_reached_at_the_jump():
    assert moments(wall("2026-03-29T02:30"), ZoneInfo(PARIS)) == (utc("2026-03-29T01:00"),)
    assert moments(wall("2026-03-08T02:01"), ZoneInfo(NEW_YORK)) == (utc("2026-03-08T07:00"),)
    night = window("sun 02:15 - sun 02:45 Europe/Paris")
    assert held(night, "2026-03-22T01:20")
    assert not held(night, "2026-03-29T01:20")


def test_a_time_that_comes_twice_begins_with_the_first_and_ends_with_the_second():
    assert moments(wall("2026-10-25T02:30"), ZoneInfo(PARIS)) == (utc("2026-10-25T00:30"), utc("2026-10-25T01:30"))
    night = window("sun 02:15 - sun 02:45 America/New_York")
    assert not held(night, "2026-11-01T06:30")
    twice = window("sun 01:15 - sun 01:45 America/New_York")
    assert twice.holding(utc("2026-11-01T06:00")) == (utc("2026-11-01T05:15"), utc("2026-11-01T06:45"))


def test_a_day_that_a_zone_left_out_is_over_at_once():
    assert whole_day("2011-12-30", "Pacific/Apia").holding(utc("2011-12-30T10:00")) is None


def test_a_midnight_that_does_not_exist():
    assert whole_day("2018-11-04", "America/Sao_Paulo").holding(utc("2018-11-04T12:00")) == (
        utc("2018-11-04T03:00"),
        utc("2018-11-05T02:00"),
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no window"),
        ("fri 15:00 - mon 08:00", "no window"),
        ("friday - monday UTC", "no window"),
        ("fri - 2026-01-01 UTC", "from a day of the week to a date"),
        ("2026-01-02 - 2026-01-01 UTC", "ends before"),
        ("2026-01-01 10:00 - 2026-01-01 10:00 UTC", "ends before"),
        ("2026-02-30 - 2026-03-01 UTC", "no day 2026-02-30"),
        ("fri 24:00 - mon UTC", "no time of day"),
        ("mon - sun UTC", "whole week"),
        ("fri 15:00 - fri 15:00 UTC", "whole week"),
    ],
)
def test_what_is_no_window(text, why):
    with pytest.raises(ValueError, match=why):
        window(text)


@pytest.mark.parametrize("zone", ["Europe/Pari", "Europe", "../etc/passwd", "CEST", ""])
def test_what_is_no_zone(zone):
    with pytest.raises(UnknownZoneError):
        zone_of(zone)
    with pytest.raises(ValueError):
        window(f"sat - sun {zone}")


def test_windows_that_follow_on_each_other_are_one():
    both = (WEEKEND, window("mon 08:00 - tue 08:00 Europe/Paris"))
    assert free_from(both, utc("2026-11-28T00:00")) == utc("2026-12-01T07:00")
    assert free_from(both, utc("2026-12-02T00:00")) == utc("2026-12-02T00:00")
    always = (window("mon - thu UTC"), window("thu - mon UTC"))
    assert free_from(always, utc("2026-12-02T00:00")) is None


near_a_change = st.builds(
    lambda change, seconds: (change[0], utc(f"{change[1]}T{change[2]}") + timedelta(seconds=seconds)),
    st.sampled_from(CHANGES),
    st.integers(-3 * 86400, 3 * 86400),
)
times = st.times().map(lambda at: at.strftime("%H:%M"))
days = st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"])


@given(near_a_change)
def test_what_a_clock_shows_now_it_shows_now(found):
    zone, at = ZoneInfo(found[0]), found[1]
    shown = moments(at.astimezone(zone).replace(tzinfo=None), zone)
    assert at in shown
    assert len(shown) <= 2


@given(near_a_change, st.integers(0, 24 * 60))
def test_moments_are_in_the_order_of_the_clock(found, minutes):
    zone, at = ZoneInfo(found[0]), found[1]
    shown = at.astimezone(zone).replace(tzinfo=None)
    later = moments(shown + timedelta(minutes=minutes), zone)
    assert moments(shown, zone)[0] <= later[0]
    assert moments(shown, zone)[-1] <= later[-1]


@given(near_a_change, days, times, days, times)
def test_a_window_holds_what_lies_between_its_begin_and_end(found, first, begins, last, ends):
    zone, at = found
    try:
        one = window(f"{first} {begins} - {last} {ends} {zone}")
    except ValueError:
        return
    occurrence = one.holding(at)
    shown = at.astimezone(one.zone).replace(tzinfo=None)
    into = (shown - one.first) % WEEK
    if occurrence is None:
        assert into >= one.last - one.first or len(moments(shown, one.zone)) == 2
        return
    begin, end = occurrence
    assert begin <= at < end
    assert one.holding(begin) == one.holding(end - timedelta(microseconds=1)) == occurrence
    assert into < one.last - one.first or len(moments(shown, one.zone)) == 2
    assert abs((end - begin) - (one.last - one.first)) <= timedelta(hours=1)


@given(near_a_change, st.lists(st.tuples(days, times, days, times), max_size=3))
def test_a_free_moment_is_free_and_the_first(found, spans):
    zone, at = found
    windows = []
    for first, begins, last, ends in spans:
        try:
            windows.append(window(f"{first} {begins} - {last} {ends} {zone}"))
        except ValueError:
            continue
    free = free_from(tuple(windows), at)
    if free is not None:
        assert not any(one.holding(free) for one in windows)
        before = free - timedelta(microseconds=1)
        assert free == at or any(one.holding(before) for one in windows)
