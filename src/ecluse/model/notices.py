"""The outbox of tickets: what is to be told on them and isn't confirmed yet. Pure: folded from events.

A notice is written before what it tells of, and is due when that has happened: a command that is killed in between
leaves it for the next one. It goes when every ticket of it is told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from datetime import datetime, timedelta

from ecluse.model.events.deployments import DeploymentCommitted, DeploymentReverted, DeploymentStuck
from ecluse.model.events.releases import ReleasePublished
from ecluse.model.events.tickets import TicketPutOff, TicketsNamed, TicketTold, TrackerFailed
from ecluse.model.recorded import Recorded
from ecluse.model.values import frozen


@frozen
class NoticeKnown:
    """`tickets` are those that aren't told yet, with the commits that name them. `awaits` is the deployment that has to
    be committed before it is due, or the intent of the release that has to be published; empty: it is due, since `at`.
    """

    number: int
    release: str
    version: str
    happening: str
    environment: str
    tickets: Mapping[str, str]
    at: datetime
    awaits: str = ""
    tag: str = ""
    serving: str = ""
    """The version that serves instead, where a release was taken back."""
    put_off: tuple[str, ...] = ()
    """Those whose turn comes last, because telling them failed."""


@frozen
class TrackerKnown:
    """That the tracker could not be told, so many times in a row."""

    failures: int = 0
    at: datetime | None = None
    code: str = ""
    why: str = ""
    patience: float = 0.0
    """Seconds for which it asked to be left alone."""

    def again_at(self) -> datetime | None:
        """When it may be asked again: after half a minute, doubling to an hour."""
        if self.at is None:
            return None
        pause = min(FIRST_PAUSE * (1 << min(self.failures - 1, 10)), LONGEST_PAUSE)
        return self.at + max(pause, timedelta(seconds=self.patience))


FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)


@frozen
class Outbox:
    """By number of the event that began them, so in the order in which they are to be told."""

    notices: Mapping[int, NoticeKnown] = field(default_factory=dict)
    tracker: TrackerKnown = TrackerKnown()

    @property
    def late(self) -> frozenset[str]:
        """The tickets that were put off, with all that is to be told on them: what is said on one stays in order."""
        return frozenset(key for notice in self.notices.values() for key in notice.put_off)

    @property
    def due(self) -> tuple[NoticeKnown, ...]:
        return tuple(notice for _, notice in sorted(self.notices.items()) if not notice.awaits)


NOTICING = (
    TicketsNamed,
    TicketTold,
    TicketPutOff,
    TrackerFailed,
    ReleasePublished,
    DeploymentCommitted,
    DeploymentReverted,
    DeploymentStuck,
)
"""The events that change the outbox."""


def noticed(outbox: Outbox, record: Recorded) -> Outbox:
    match record.event:
        case TicketsNamed() as named:
            return _with(_without_dead(outbox, named), _begun(named, record))
        case TicketTold() | TicketPutOff() as fact:
            return _told(outbox, fact) if isinstance(fact, TicketTold) else _put_off(outbox, fact)
        case TrackerFailed() as failed:
            return replace(outbox, tracker=_failing(outbox.tracker, failed, record.at))
        case ReleasePublished(intent=done) | DeploymentCommitted(deployment=done):
            return _due(outbox, done, record.at)
        case DeploymentReverted() | DeploymentStuck() as ended:
            return _undone(outbox, ended, record.at)
    return outbox


def _failing(before: TrackerKnown, failed: TrackerFailed, at: datetime) -> TrackerKnown:
    return TrackerKnown(failures=before.failures + 1, at=at, code=failed.code, why=failed.why, patience=failed.patience)


def _begun(named: TicketsNamed, record: Recorded) -> NoticeKnown:
    return NoticeKnown(
        number=record.number, release=named.release, version=named.version, happening=named.happening,
        environment=named.environment, tickets=dict(named.tickets), at=record.at, awaits=named.awaits, tag=named.tag,
        serving=named.serving,
    )  # fmt: skip


def _with(outbox: Outbox, notice: NoticeKnown) -> Outbox:
    return replace(outbox, notices={**outbox.notices, notice.number: notice}) if notice.tickets else outbox


def _without_dead(outbox: Outbox, named: TicketsNamed) -> Outbox:
    """What awaits another deployment of the same environment, or another release, will not come about: whoever was at
    it died on the way, and whoever came next has ended it."""
    if not named.awaits:
        return outbox
    return _kept(outbox, lambda one: one.awaits in {"", named.awaits} or one.environment != named.environment)


def _told(outbox: Outbox, told: TicketTold) -> Outbox:
    """Whatever became of it, it is over with; and the tracker answers."""
    one = outbox.notices.get(told.notice)
    if one is None:
        return Outbox(notices=outbox.notices)
    left = {key: commits for key, commits in one.tickets.items() if key != told.ticket}
    late = tuple(key for key in one.put_off if key != told.ticket)
    rest = {number: other for number, other in outbox.notices.items() if number != told.notice}
    return Outbox(notices={**rest, told.notice: replace(one, tickets=left, put_off=late)} if left else rest)


def _put_off(outbox: Outbox, late: TicketPutOff) -> Outbox:
    one = outbox.notices.get(late.notice)
    if one is None or late.ticket in one.put_off:
        return outbox
    return _with(outbox, replace(one, put_off=(*one.put_off, late.ticket)))


def _undone(outbox: Outbox, ended: DeploymentReverted | DeploymentStuck, at: datetime) -> Outbox:
    """One that is stuck with the new release serving is so for its tickets: it could not go back, and stayed."""
    if isinstance(ended, DeploymentStuck) and ended.serving == ended.release:
        return _due(outbox, ended.deployment, at)
    return _kept(outbox, lambda one: one.awaits != ended.deployment)


def _due(outbox: Outbox, deployment: str, at: datetime) -> Outbox:
    notices = {
        number: replace(one, awaits="", at=at) if one.awaits == deployment else one
        for number, one in outbox.notices.items()
    }
    return replace(outbox, notices=notices)


def _kept(outbox: Outbox, wanted: Callable[[NoticeKnown], bool]) -> Outbox:
    return replace(outbox, notices={number: one for number, one in outbox.notices.items() if wanted(one)})
