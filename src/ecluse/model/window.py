"""Times of the week or of the calendar, as clocks on a wall show them somewhere."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ecluse.model.values import frozen

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEK = timedelta(weeks=1)
A_MONDAY = date(2024, 1, 1)
"""Of some week: a weekly window is kept as its hours there."""
HORIZON = timedelta(days=366)
"""How far ahead a free moment is looked for."""

_MARK = rf"({'|'.join(DAYS)}|\d{{4}}-\d\d-\d\d)(?: (\d?\d:\d\d))?"
_WINDOW = re.compile(rf"{_MARK} [-–] {_MARK} ([A-Z]\S*)", re.ASCII | re.IGNORECASE)


class UnknownZoneError(ValueError):
    """No zone of that name in this machine's time zone database (tzdata)."""


@frozen
class Window:
    """From `first` up to `last`, as clocks in `zone` show it; every week when `weekly`.

    Where the clocks change, it is as long as it can be: it begins when they first show `first` and ends when they
    last show `last`. What they jump over is reached at the jump.
    """

    text: str
    zone: ZoneInfo
    first: datetime
    last: datetime
    weekly: bool = False

    def holding(self, at: datetime) -> tuple[datetime, datetime] | None:
        """Begin and end, in UTC, of the occurrence that `at` lies in; the end itself is free."""
        at = at.astimezone(UTC)
        for shift in self._shifts(at):
            begin, end = moments(self.first + shift, self.zone)[0], moments(self.last + shift, self.zone)[-1]
            if begin <= at < end:
                return begin, end
        return None

    def _shifts(self, at: datetime) -> tuple[timedelta, ...]:
        if not self.weekly:
            return (timedelta(),)
        nearest = (_shown(at, self.zone) - self.first) // WEEK
        return tuple(WEEK * week for week in (nearest - 1, nearest, nearest + 1))


def window(text: str) -> Window:
    """`fri 15:00 - mon 08:00 Europe/Paris`, `sat - sun UTC`, `2026-12-20 - 2027-01-02 Europe/Paris`.

    A day without a time is meant from its begin, or up to its end. ValueError on anything else, UnknownZoneError (a
    ValueError too) for an unknown zone.
    """
    found = _WINDOW.fullmatch(" ".join(text.split()))
    if not found:
        raise ValueError(f"{text!r} is no window of time with its zone")
    first_day, first_time, last_day, last_time, zone = found.groups()
    weekly = first_day[0].isalpha()
    if weekly is not last_day[0].isalpha():
        raise ValueError(f"{text!r} goes from a day of the week to a date")
    first, last = _wall(first_day, first_time, is_end=False), _wall(last_day, last_time, is_end=True)
    if weekly and last <= first:
        last += WEEK
    if last <= first:
        raise ValueError(f"{text!r} ends before it begins")
    if weekly and last - first >= WEEK:
        raise ValueError(f"{text!r} is the whole week: there would be no time left")
    return Window(text=text, zone=zone_of(zone), first=first, last=last, weekly=weekly)


def whole_day(day: str, zone: str) -> Window:
    """The window of one date. ValueError as `window`."""
    return window(f"{day} - {day} {zone}")


def zone_of(name: str) -> ZoneInfo:
    """UnknownZoneError when there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # a folder of the database is no zone, nor is a path out of it
        raise UnknownZoneError(f"there is no time zone {name!r}") from error


def free_from(windows: tuple[Window, ...], at: datetime) -> datetime | None:
    """The first moment from `at` on that none of `windows` holds; None when there is none within `HORIZON`."""
    moment = at.astimezone(UTC)
    while moment <= at + HORIZON:
        ends = [held[1] for one in windows if (held := one.holding(moment))]
        if not ends:
            return moment
        moment = max(ends)
    return None


def moments(wall: datetime, zone: ZoneInfo) -> tuple[datetime, ...]:
    """When clocks in `zone` show `wall` (naive), in UTC: once, or twice where they are set back. Where they are set
    forward over it: the moment of that."""
    taken = sorted({wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)})
    shown = tuple(at for at in taken if _shown(at, zone) == wall)
    return shown or (_jump(taken[0], taken[-1], zone),)


def _jump(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The moment between the two at which the offset changes; it is a whole second."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


def _shown(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None)


def _wall(day: str, at: str | None, *, is_end: bool) -> datetime:
    """A whole day that ends something ends with the next day's begin."""
    on = A_MONDAY + timedelta(days=DAYS.index(day.lower())) if day[0].isalpha() else _date(day)
    if at is None:
        return datetime.combine(on + timedelta(days=is_end), time())
    return datetime.combine(on, _time(at))


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"there is no day {text}") from error


def _time(text: str) -> time:
    try:
        return time.fromisoformat(text.zfill(5))
    except ValueError as error:
        raise ValueError(f"{text} is no time of day (00:00 to 23:59)") from error
