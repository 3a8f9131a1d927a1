"""GitLab's issues, version 4 of its API (docs.gitlab.com/api/issues, /api/notes)."""

from __future__ import annotations

from typing import Any

from ecluse.model.secret import Secret
from ecluse.model.ticket import Remark, Said, Ticket, marker_in
from ecluse.model.tracker import Tickets
from ecluse.ports.clock import Clock
from ecluse.providers.tracking.api import Api, Way, number, segment
from ecluse.providers.tracking.markdown import as_markdown

CLOSED = frozenset({"closed", "completed", "not planned"})
OPEN = frozenset({"open", "opened"})
"""Names of states; any other name is a label."""
HIDDEN = "<!-- {} -->"


class GitlabTracker:
    """The issues of one project."""

    def __init__(self, tickets: Tickets, token: Secret, clock: Clock, *, page: int = 100) -> None:
        headers = {"PRIVATE-TOKEN": Secret(token.reveal())}
        url = (tickets.url or "https://gitlab.com").rstrip("/")
        way = Way(
            name="GitLab",
            url=url,
            headers=headers,
            token_name=tickets.token,
            project=lambda _: f"/api/v4/projects/{segment(tickets.project)}",
        )
        self._api = Api(way, clock)
        self._project = f"/api/v4/projects/{segment(tickets.project)}/issues"
        self._page = page

    async def look(self, key: str) -> Ticket:
        found = await self._issue(key)
        return Ticket(
            key=key, title=found["title"], status=found["state"], is_done=found["state"] == "closed",
            url=found.get("web_url", ""),
        )  # fmt: skip

    async def remarks(self, key: str) -> tuple[Remark, ...]:
        found = self._api.pages(f"{self._at(key)}/notes", key=key, to="read the comments of", query={}, size=self._page)
        return tuple(sorted([made async for one in found if (made := _remark(one))], key=lambda made: made.order))

    async def remark(self, key: str, said: Said) -> Remark:
        form = {"body": as_markdown(said, HIDDEN)}
        made = await self._api.ask("POST", f"{self._at(key)}/notes", key=key, to="comment on", form=form)
        return Remark(id=str(made["id"]), marker=said.marker, order=(int(made["id"]), ""))

    async def withdraw(self, key: str, remark: Remark) -> None:
        await self._api.take_back(f"{self._at(key)}/notes/{segment(remark.id)}", key=key)

    async def move(self, key: str, to: str) -> bool:
        found, name = await self._issue(key), to.casefold()
        if name in CLOSED or name in OPEN:
            if (found["state"] == "closed") == (name in CLOSED):
                return False
            form = {"state_event": "close" if name in CLOSED else "reopen"}
        else:
            if any(str(label).casefold() == name for label in found["labels"]):
                return False
            form = {"add_labels": to}
        await self._api.ask("PUT", self._at(key), key=key, to="move", form=form)
        return True

    async def close(self) -> None:
        await self._api.close()

    async def _issue(self, key: str) -> Any:
        return await self._api.ask("GET", self._at(key), key=key, to="read")

    def _at(self, key: str) -> str:
        return f"{self._project}/{number(self._api, key)}"


def _remark(note: Any) -> Remark | None:
    marker = None if note.get("system") is True else marker_in(note.get("body") or "")
    return Remark(id=str(note["id"]), marker=marker, order=(int(note["id"]), "")) if marker else None
