"""Jira's issues, version 3 of its API (developer.atlassian.com/cloud/jira/platform/rest/v3)."""

from __future__ import annotations

from typing import Any

from ecluse.model.secret import Secret
from ecluse.model.ticket import Remark, Said, Ticket, marker_in
from ecluse.model.tracker import Tickets
from ecluse.ports.clock import Clock
from ecluse.providers.jira.document import document
from ecluse.providers.tracking import problems
from ecluse.providers.tracking.api import Api, Way, basic, segment

NAME = "Jira"
PROPERTY = "ecluse.said"
"""The marker's place: a property of the comment, made with it in one request, which nobody sees."""


class JiraTracker:
    """The issues of a site. A state is the name of a transition, or of the status that one leads to."""

    def __init__(self, tickets: Tickets, token: Secret, clock: Clock, *, page: int = 100) -> None:
        let_in = basic(tickets.account, token.reveal()) if tickets.account else f"Bearer {token.reveal()}"
        self._site = tickets.url.rstrip("/")
        headers = {"Authorization": Secret(let_in)}
        way = Way(
            name=NAME,
            url=self._site,
            headers=headers,
            token_name=tickets.token,
            project=lambda key: f"/rest/api/3/project/{segment(_project(key, tickets))}",
        )
        self._api = Api(way, clock)
        self._page = page

    async def look(self, key: str) -> Ticket:
        found = await self._issue(key)
        status = found["status"]
        return Ticket(
            key=key, title=found["summary"], status=status["name"],
            is_done=status.get("statusCategory", {}).get("key") == "done", url=f"{self._site}/browse/{key}",
        )  # fmt: skip

    async def remarks(self, key: str) -> tuple[Remark, ...]:
        found: list[Remark] = []
        start = 0
        while True:
            query = {"startAt": start, "maxResults": self._page, "orderBy": "created"}
            page = await self._api.ask("GET", f"{_at(key)}/comment", key=key, to="read the comments of", query=query)
            ids = [int(comment["id"]) for comment in page["comments"]]
            found += await self._marked(key, ids) if ids else []
            start += len(ids)
            if not ids or start >= page["total"]:
                return tuple(sorted(found, key=lambda made: made.order))

    async def remark(self, key: str, said: Said) -> Remark:
        body = {"body": document(said), "properties": [{"key": PROPERTY, "value": {"marker": str(said.marker)}}]}
        made = await self._api.ask("POST", f"{_at(key)}/comment", key=key, to="comment on", body=body)
        return Remark(id=made["id"], marker=said.marker, order=(int(made["id"]), ""))

    async def withdraw(self, key: str, remark: Remark) -> None:
        await self._api.take_back(f"{_at(key)}/comment/{segment(remark.id)}", key=key)

    async def move(self, key: str, to: str) -> bool:
        now, name = (await self._issue(key))["status"]["name"].casefold(), to.casefold()
        if now == name:
            return False
        path = f"{_at(key)}/transitions"
        ways = (await self._api.ask("GET", path, key=key, to="read the transitions of"))["transitions"]
        named = [one for one in ways if one["name"].casefold() == name]
        leading = [one for one in ways if one["to"]["name"].casefold() == name]
        if not named and not leading:
            raise problems.no_way(NAME, key, to, (one["name"] for one in ways))
        chosen = (named or leading)[0]
        if chosen["to"]["name"].casefold() == now:
            return False
        await self._api.ask("POST", path, key=key, to="move", body={"transition": {"id": chosen["id"]}})
        return True

    async def close(self) -> None:
        await self._api.close()

    async def _issue(self, key: str) -> Any:
        return (await self._api.ask("GET", _at(key), key=key, to="read", query={"fields": "summary,status"}))["fields"]

    async def _marked(self, key: str, ids: list[int]) -> list[Remark]:
        """A list of comments has no properties, the same comments asked for by number have."""
        path, query = "/rest/api/3/comment/list", {"expand": "properties"}
        page = await self._api.ask("POST", path, key=key, to="read the comments of", query=query, body={"ids": ids})
        return [made for comment in page["values"] if (made := _remark(comment))]


def _at(key: str) -> str:
    return f"/rest/api/3/issue/{segment(key)}"


def _project(key: str, tickets: Tickets) -> str:
    """Its own, if it is one of those that count: a token may see one and not the other."""
    name = key.rpartition("-")[0]
    return name if name in tickets.prefixes else tickets.project


def _remark(comment: Any) -> Remark | None:
    values = [one.get("value") for one in comment.get("properties") or () if one.get("key") == PROPERTY]
    marker = marker_in(str(values[0].get("marker", ""))) if values and isinstance(values[0], dict) else None
    return Remark(id=comment["id"], marker=marker, order=(int(comment["id"]), "")) if marker else None
