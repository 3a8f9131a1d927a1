"""`[tickets]`: the tracker whose tickets say what is released."""

from __future__ import annotations

from typing import Annotated

from pydantic import Strict

from ecluse.manifest.schema.key import Table, key
from ecluse.manifest.schema.shapes import (
    JiraProject,
    KeyPattern,
    LinkTemplate,
    Name,
    TrackerProject,
    TrelloBoard,
    Url,
    Variable,
)
from ecluse.manifest.schema.types import ZERO, Duration, Truth, Whole
from ecluse.model.tracker import Tickets, TrackerKind

_DEFAULT = Tickets(tracker=TrackerKind.JIRA)


class TicketsTable(Table):
    """Tickets that commits name: `ecluse plan` says where they stand, and each is told of its release and deploys."""

    tracker: Annotated[TrackerKind, Strict(False)] = key("jira, trello, github or gitlab.", example="jira")
    url: Url | None = key(
        "Where the tracker is; none: the vendor's own (Jira has none: name your site).",
        example="https://example.atlassian.net",
        default=None,
    )
    project: TrackerProject | None = key(
        "Jira: the project's key. GitHub and GitLab: owner/name.", example="SHOP", default=None
    )
    prefixes: list[JiraProject] = key(
        "Jira: keys of further projects whose tickets count.", example=["OPS"], default_factory=list
    )
    board: TrelloBoard | None = key("Trello: the board, as its address has it.", example="nC8QJJoZ", default=None)
    pattern: KeyPattern | None = key(
        "A regular expression for keys in messages and branches; its first group, or all of it, is the key. None: "
        "SHOP-12 (Jira), #12 (GitHub, GitLab), a card's address or [nC8QJJoZ] (Trello).",
        example=r"\bticket (SHOP-\d+)",
        default=None,
    )
    token: Variable = key(
        "Name of the secret that lets us in, from the caller's environment or an env file.",
        example="JIRA_TOKEN",
        default=_DEFAULT.token,
    )
    account: str | None = key(
        "Jira: the e-mail address of the token's account; none: the token is a personal access token. Trello: the API "
        "key.",
        example="release-bot@example.org",
        default=None,
        min_length=1,
    )
    comment: Truth = key("Whether tickets get comments.", example=False, default=_DEFAULT.comment)
    link: LinkTemplate | None = key(
        "The address that a release's comment links to; {version}, {tag} and {commit} are filled in. None: the "
        "release's page on GitHub or GitLab.",
        example="https://example.com/releases/{version}",
        default=None,
    )
    on_release: str | None = key(
        "The state that a ticket goes to when it is released: Jira's transition or status, Trello's list; on the "
        "forges `closed`, `not planned`, `open`, or a label to add.",
        example="Done",
        default=None,
        min_length=1,
    )
    on_deploy: dict[Name, str] = key(
        "The state that it goes to when it is deployed, by environment.",
        example={"production": "Released"},
        default_factory=dict,
    )
    on_rollback: dict[Name, str] = key(
        "The state that it goes to when its release is taken back, by environment.",
        example={"production": "In Progress"},
        default_factory=dict,
    )
    budget: Duration = key(
        "Time that a command gives the tracker after its own work; what isn't told by then waits for the next one.",
        example="10s",
        default=_DEFAULT.budget,
        gt=ZERO,
    )
    most: Whole = key(
        "Tickets told of one release at most; where more are named, none is, and that is said.",
        example=500,
        default=_DEFAULT.most,
        ge=1,
        le=10000,
    )
