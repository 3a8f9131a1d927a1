"""GitHub's issues (docs.github.com/rest/issues)."""

from __future__ import annotations

from typing import Any

from ecluse.model.secret import Secret
from ecluse.model.ticket import Remark, Said, Ticket, marker_in
from ecluse.model.tracker import Tickets
from ecluse.ports.clock import Clock
from ecluse.providers.tracking.api import Api, Way, number
from ecluse.providers.tracking.markdown import as_markdown

CLOSED = {"closed": "completed", "completed": "completed", "not planned": "not_planned"}
"""Names of states, with GitHub's reason for them; any other name but `open` is a label."""
HIDDEN = "<!-- {} -->"


class GithubTracker:
    """The issues of one repository. Requests to merge are among them: they are told, and never moved."""

    def __init__(self, tickets: Tickets, token: Secret, clock: Clock, *, page: int = 100) -> None:
        headers = {
            "Authorization": Secret(f"Bearer {token.reveal()}"),
            "Accept": Secret("application/vnd.github+json"),
            "X-GitHub-Api-Version": Secret("2022-11-28"),
        }
        url = (tickets.url or "https://api.github.com").rstrip("/")
        way = Way(
            name="GitHub", url=url, headers=headers, token_name=tickets.token,
            project=lambda _: f"/repos/{tickets.project}",
            absent={301: "", 404: "", 410: ""},  # 301: it was moved to another repository
        )  # fmt: skip
        self._api = Api(way, clock)
        self._repository = f"/repos/{tickets.project}/issues"
        self._page = page

    async def look(self, key: str) -> Ticket:
        found = await self._issue(key)
        request = found.get("pull_request")
        status = "merged" if request and request.get("merged_at") else found["state"]
        if found.get("state_reason") == "not_planned":
            status = "closed, not planned"
        return Ticket(
            key=key, title=found["title"], status=status, is_done=found["state"] == "closed",
            url=found.get("html_url", ""), is_request=bool(request),
        )  # fmt: skip

    async def remarks(self, key: str) -> tuple[Remark, ...]:
        path = f"{self._at(key)}/comments"
        found = self._api.pages(path, key=key, to="read the comments of", query={}, size=self._page)
        return tuple(sorted([made async for one in found if (made := _remark(one))], key=lambda made: made.order))

    async def remark(self, key: str, said: Said) -> Remark:
        body = {"body": as_markdown(said, HIDDEN)}
        made = await self._api.ask("POST", f"{self._at(key)}/comments", key=key, to="comment on", body=body)
        return Remark(id=str(made["id"]), marker=said.marker, order=(int(made["id"]), ""))

    async def withdraw(self, key: str, remark: Remark) -> None:
        await self._api.take_back(f"{self._repository}/comments/{remark.id}", key=key)

    async def move(self, key: str, to: str) -> bool:
        found, name = await self._issue(key), to.casefold()
        if found.get("pull_request"):
            return False
        if name in CLOSED:
            if found["state"] == "closed":
                return False
            await self._change(key, {"state": "closed", "state_reason": CLOSED[name]})
        elif name == "open":
            if found["state"] == "open":
                return False
            await self._change(key, {"state": "open"})
        else:
            if any(_label(one).casefold() == name for one in found["labels"]):
                return False
            body = {"labels": [to]}
            await self._api.ask("POST", f"{self._at(key)}/labels", key=key, to="label", body=body)
        return True

    async def close(self) -> None:
        await self._api.close()

    async def _issue(self, key: str) -> Any:
        return await self._api.ask("GET", self._at(key), key=key, to="read")

    async def _change(self, key: str, body: dict[str, str]) -> None:
        await self._api.ask("PATCH", self._at(key), key=key, to="move", body=body)

    def _at(self, key: str) -> str:
        return f"{self._repository}/{number(self._api, key)}"


def _label(label: Any) -> str:
    return str(label["name"] if isinstance(label, dict) else label)


def _remark(comment: Any) -> Remark | None:
    marker = marker_in(comment.get("body") or "")
    return Remark(id=str(comment["id"]), marker=marker, order=(int(comment["id"]), "")) if marker else None
