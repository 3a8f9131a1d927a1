"""`[environments.NAME.policy]`: when, and by whose leave, a release may come there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from difflib import get_close_matches
from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import BeforeValidator, WithJsonSchema

from ecluse.manifest.schema.key import Table, key
from ecluse.manifest.schema.shapes import Name, Person
from ecluse.manifest.schema.types import ZERO, Command, Duration, Percent, Whole
from ecluse.manifest.schema.words import Words, refuse
from ecluse.model.policy import Policy
from ecluse.model.window import UnknownZoneError, whole_day, window, zone_of

_DEFAULT = Policy()
SHAPES = '"fri 15:00 - mon 08:00 Europe/Paris" or "2026-12-20 - 2027-01-02 Europe/Paris"'


def _timed(read: Callable[[str], object], code: str, fix: str) -> BeforeValidator:
    """Text that `read` takes; an unknown zone in it has a code of its own."""

    def checked(value: Any) -> Any:
        if isinstance(value, str):
            try:
                read(value)
            except UnknownZoneError as error:
                raise refuse("M054", str(error), _zones_like(value.split()[-1:])) from error
            except ValueError as error:
                raise refuse(code, str(error), fix) from error
        return value

    return BeforeValidator(checked)


def _zones_like(names: list[str]) -> str:
    known = {zone.lower(): zone for zone in available_timezones()}
    if not known:
        return "this machine has no time zone database: install the system's tzdata, or the package of that name"
    near = [known[match] for name in names for match in get_close_matches(name.lower(), known, n=1)]
    return f"did you mean {near[0]!r}?" if near else 'name one of the time zone database, like "Europe/Paris" or "UTC"'


def _date(value: Any) -> Any:
    """TOML has dates of its own; here they are text."""
    return value.isoformat() if isinstance(value, date) and not isinstance(value, datetime) else value


FreezeWindow = Annotated[
    str,
    _timed(window, "M053", f"write it like {SHAPES}"),
    WithJsonSchema({"type": "string"}),
    Words("window of time"),
]
Zone = Annotated[
    str, _timed(zone_of, "M054", "name a time zone"), WithJsonSchema({"type": "string"}), Words("time zone")
]
Day = Annotated[
    str,
    _timed(lambda day: whole_day(day, "UTC"), "M015", 'write it like "2026-12-25"'),
    BeforeValidator(_date),
    WithJsonSchema({"type": "string", "format": "date"}),
    Words("day"),
]


class PolicyTable(Table):
    """What is asked before a release comes here, by `ship` and `deploy`; a rollback is never asked."""

    freeze: list[FreezeWindow] = key(
        "Times in which nothing is deployed: from a day of the week, or a date, to another, with a time zone. A day "
        "without a time counts as a whole.",
        example=["fri 15:00 - mon 08:00 Europe/Paris", "2026-12-20 - 2027-01-02 Europe/Paris"],
        default_factory=list,
    )
    holidays: list[Day] = key(
        "Days on which nothing is deployed, in `timezone`.", example=["2026-12-25", "2027-01-01"], default_factory=list
    )
    timezone: Zone | None = key("Time zone of `holidays`.", example="Europe/Paris", default=None)
    approvals: Whole = key(
        "People who must have approved the release (`ecluse approve`); the one who deploys it doesn't count.",
        example=1,
        default=_DEFAULT.approvals,
        ge=0,
        le=100,
    )
    approvers: list[Person] = key(
        "Who may approve: an identity (bob@example.org), or its part before the @; none: anybody.",
        example=["anne", "bob@example.org"],
        default_factory=list,
    )
    approval_expires: Duration = key(
        "Time for which an approval counts.", example="8h", default=_DEFAULT.approval_expires, gt=ZERO
    )
    staging: Name | None = key(
        "Environment in which the same bundle must have been committed, and not been taken back since.",
        example="staging",
        default=None,
    )
    max_backup_age: Duration | None = key(
        "How old the last backup may be; `last_backup` says how old it is.", example="24h", default=None, gt=ZERO
    )
    last_backup: Command = key(
        "Prints when the last backup was made, as RFC 3339, in its last line. Run in the repository with the "
        "environment's settings and secrets; if it fails, that is no pass.",
        example="date --iso-8601=seconds --reference=/var/backups/shop.dump",
        default=_DEFAULT.last_backup,
    )
    availability: Percent | None = key(
        "Percent of requests that must not end in a status of 500 or more. Counted since the serving release started; "
        "one failed request is always allowed.",
        example=99.9,
        default=None,
        ge=0,
        le=100,
    )
