"""The tracker with the tickets."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ecluse.model.tracker import Tickets, TrackerKind
from ecluse.ports.clock import Clock

if TYPE_CHECKING:
    from ecluse.model.secret import Secret
    from ecluse.ports.tracker import Tracker


def tracker_of(tickets: Tickets, root: Path, env: Mapping[str, str], clock: Clock) -> Tracker:
    """ProblemError T002 when its token has no value."""
    from ecluse.providers.tracking.understood import Understood  # noqa: PLC0415

    token = token_of(tickets, root, env)
    match tickets.tracker:
        case TrackerKind.JIRA:
            from ecluse.providers.jira.tracker import JiraTracker  # noqa: PLC0415

            return Understood(JiraTracker(tickets, token, clock), "Jira")
        case TrackerKind.TRELLO:
            from ecluse.providers.trello.tracker import TrelloTracker  # noqa: PLC0415

            return Understood(TrelloTracker(tickets, token, clock), "Trello")
        case TrackerKind.GITHUB:
            from ecluse.providers.github.tracker import GithubTracker  # noqa: PLC0415

            return Understood(GithubTracker(tickets, token, clock), "GitHub")
        case TrackerKind.GITLAB:
            from ecluse.providers.gitlab.tracker import GitlabTracker  # noqa: PLC0415

            return Understood(GitlabTracker(tickets, token, clock), "GitLab")


def token_of(tickets: Tickets, root: Path, env: Mapping[str, str]) -> Secret:
    """From the caller's environment, else from the env files; without the white space that a file ends with.
    ProblemError T002 where it has no value, T017 where that can be none, and for env files that can't be read."""
    from ecluse.model.secret import Secret  # noqa: PLC0415
    from ecluse.providers.tracking.problems import no_token, odd_token  # noqa: PLC0415

    token = (env.get(tickets.token, "") or _in_files(tickets.token, root, env)).strip()
    if not token:
        raise no_token(tickets.token)
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise odd_token(tickets.token)
    return Secret(token)


def _in_files(name: str, root: Path, env: Mapping[str, str]) -> str:
    from ecluse.manifest.dotenv import settings  # noqa: PLC0415
    from ecluse.model.app import Environment  # noqa: PLC0415
    from ecluse.model.ids import EnvironmentName  # noqa: PLC0415

    found = settings(root, Environment(name=EnvironmentName("tickets")), env).secrets.get(name)
    return found.reveal() if found else ""
