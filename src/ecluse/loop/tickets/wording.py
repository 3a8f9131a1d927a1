"""What is said on a ticket. Pure."""

from __future__ import annotations

from urllib.parse import urlsplit

from ecluse.model.app import App
from ecluse.model.instance import environment_named
from ecluse.model.notices import NoticeKnown
from ecluse.model.ticket import Marker, Said
from ecluse.model.tracker import Happening, Tickets, TrackerKind

GITHUB_API = "https://api.github.com"
GITLAB = "https://gitlab.com"
MOST_COMMITS = 20
"""Of one ticket: a branch of thousands would make a comment that Trello and Jira refuse for its length."""
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def marker(app: App, notice: NoticeKnown) -> Marker:
    return Marker(
        app=app.name, version=notice.version, happening=Happening(notice.happening), environment=notice.environment,
        at=notice.at.replace(microsecond=0),
    )  # fmt: skip


def said(app: App, tickets: Tickets, notice: NoticeKnown, key: str, commit: str) -> Said:
    """The comment of one ticket. `commit` is that of the release, for its link."""
    text, link = _text(app, notice), _link(app, tickets, notice, commit)
    told = _commits(notice.tickets.get(key, "").split())
    return Said(paragraphs=tuple(filter(None, (text, told))), link=link, marker=marker(app, notice))


def _commits(names: list[str]) -> str:
    if not names:
        return ""
    more = len(names) - MOST_COMMITS
    rest = f", and {more:,} more" if more > 0 else ""
    return f"Commit{'s' if len(names) > 1 else ''}: {', '.join(names[:MOST_COMMITS])}{rest}"


def _text(app: App, notice: NoticeKnown) -> str:
    version = f"{app.name} {notice.version}"
    match Happening(notice.happening):
        case Happening.RELEASED:
            return f"Released in {version}."
        case Happening.DEPLOYED:
            return f"Deployed to {notice.environment} with {version}."
        case Happening.TAKEN_BACK:
            now = f"{notice.serving} serves there again" if notice.serving else "it no longer serves there"
            return f"Taken back from {notice.environment}: {version} was rolled back, {now}."


def _link(app: App, tickets: Tickets, notice: NoticeKnown, commit: str) -> tuple[str, str]:
    """A deploy's leads to where people open the app, if that isn't on the deployer's own machine; a release's to its
    page."""
    if notice.happening == Happening.DEPLOYED:
        environment = environment_named(app, notice.environment)
        opened = environment.url if environment else ""
        if opened and "{" not in opened and urlsplit(opened).hostname not in LOOPBACK:
            return notice.environment, opened
    page = page_of(tickets, notice.version, notice.tag, commit)
    return (f"release {notice.version}", page) if page else ("", "")


def page_of(tickets: Tickets, version: str, tag: str, commit: str) -> str:
    """The address of a release's page; empty where none is known."""
    if tickets.link:
        return tickets.link.format(version=version, tag=tag, commit=commit)
    if tickets.tracker is TrackerKind.GITHUB:
        site = (tickets.url or GITHUB_API).replace("https://api.github.com", "https://github.com").rstrip("/")
        return f"{site.removesuffix('/api/v3')}/{tickets.project}/releases/tag/{tag}" if tag else ""
    if tickets.tracker is TrackerKind.GITLAB:
        return f"{(tickets.url or GITLAB).rstrip('/')}/{tickets.project}/-/releases/{tag}" if tag else ""
    return ""
