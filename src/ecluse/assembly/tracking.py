"""The tracker with the tickets."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ecluse.model.problem import ProblemError
from ecluse.model.ticket import Tickets, TrackerKind
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
    """From the caller's environment, else from the env file of all environments."""
    from ecluse.manifest.dotenv import settings  # noqa: PLC0415
    from ecluse.model.app import Environment  # noqa: PLC0415
    from ecluse.model.ids import EnvironmentName  # noqa: PLC0415
    from ecluse.model.secret import Secret  # noqa: PLC0415
    from ecluse.providers.tracking.problems import no_token  # noqa: PLC0415

    if env.get(tickets.token):
        return Secret(env[tickets.token])
    try:
        found = settings(root, Environment(name=EnvironmentName("tickets")), env).secrets
    except ProblemError:
        found = {}
    if tickets.token not in found:
        raise no_token(tickets.token)
    return found[tickets.token]
