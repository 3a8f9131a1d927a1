"""Trello's cards (developer.atlassian.com/cloud/trello/rest)."""

from __future__ import annotations

from typing import Any

from ecluse.model.secret import Secret
from ecluse.model.ticket import Remark, Said, Ticket, marker_in
from ecluse.model.tracker import Tickets
from ecluse.ports.clock import Clock
from ecluse.providers.tracking import problems
from ecluse.providers.tracking.api import Api, Way, items, segment
from ecluse.providers.tracking.markdown import as_markdown

HIDDEN = "[//]: # ({})"
"""The definition of a link that nothing refers to: Markdown shows nothing of it (CommonMark, section 4.7)."""
NAME = "Trello"
ABSENT = {404: "", 400: "invalid id", 401: "permission requested"}
"""Of a card of other people's it says "unauthorized card permission requested"; of a token, "invalid token"."""


class TrelloTracker:
    """The cards of one board. A state is a list's name.

    The token goes in a header, not in the address, where proxies would keep it (the guide's "Authorization").
    """

    def __init__(self, tickets: Tickets, token: Secret, clock: Clock, *, page: int = 1000) -> None:
        words = f'OAuth oauth_consumer_key="{tickets.account}", oauth_token="{token.reveal()}"'
        url = (tickets.url or "https://api.trello.com").rstrip("/")
        board = f"/boards/{segment(tickets.board)}?fields=name"
        way = Way(
            name=NAME, url=f"{url}/1", headers={"Authorization": Secret(words)}, token_name=tickets.token,
            project=lambda _: board, absent=ABSENT,
        )  # fmt: skip
        self._api = Api(way, clock)
        self._board = tickets.board
        self._page = page

    async def look(self, key: str) -> Ticket:
        card = await self._card(key)
        status = f"{card['list']['name']}, archived" if card.get("closed") else card["list"]["name"]
        is_done = bool(card.get("closed") or card.get("dueComplete"))
        return Ticket(key=key, title=card["name"], status=status, is_done=is_done, url=card.get("shortUrl", ""))

    async def remarks(self, key: str) -> tuple[Remark, ...]:
        await self._card(key)
        found: list[Remark] = []
        query: dict[str, Any] = {"filter": "commentCard", "fields": "data,date", "limit": self._page}
        while True:
            actions = await self._api.ask("GET", f"{_at(key)}/actions", key=key, to="read the comments of", query=query)
            found += [made for action in items(self._api, actions) if (made := _remark(action))]
            if len(actions) < self._page:
                return tuple(sorted(found, key=lambda made: made.order))
            query["before"] = actions[-1]["id"]

    async def remark(self, key: str, said: Said) -> Remark:
        body = {"text": as_markdown(said, HIDDEN)}
        made = await self._api.ask("POST", f"{_at(key)}/actions/comments", key=key, to="comment on", body=body)
        return Remark(id=made["id"], marker=said.marker, order=_order(made["id"]))

    async def withdraw(self, key: str, remark: Remark) -> None:
        await self._api.take_back(f"/actions/{segment(remark.id)}", key=key)

    async def move(self, key: str, to: str) -> bool:
        card = await self._card(key)
        if card["list"]["name"].casefold() == to.casefold():
            return False
        path, query = f"/boards/{segment(self._board)}/lists", {"filter": "open", "fields": "name"}
        lists = items(self._api, await self._api.ask("GET", path, key=key, to="read the lists for", query=query))
        there = next((one["id"] for one in lists if one["name"].casefold() == to.casefold()), None)
        if there is None:
            raise problems.no_way(NAME, key, to, (one["name"] for one in lists))
        await self._api.ask("PUT", _at(key), key=key, to="move", body={"idList": there})
        return True

    async def close(self) -> None:
        await self._api.close()

    async def _card(self, key: str) -> Any:
        """Of our board: that eight letters are a card somewhere doesn't make them ours."""
        query = {"fields": "name,closed,dueComplete,shortUrl,idBoard", "list": "true", "list_fields": "name"}
        board = {"board": "true", "board_fields": "shortLink"}
        card = await self._api.ask("GET", _at(key), key=key, to="read", query={**query, **board})
        if self._board not in {card["idBoard"], card["board"].get("shortLink")}:
            raise problems.no_ticket(f"{NAME}'s board {self._board}", key)
        return card


def _at(key: str) -> str:
    return f"/cards/{segment(key)}"


def _remark(action: Any) -> Remark | None:
    marker = marker_in(action.get("data", {}).get("text") or "")
    return Remark(id=action["id"], marker=marker, order=_order(action["id"])) if marker else None


def _order(name: str) -> tuple[int, str]:
    """A name begins with the second at which it was given (8 hexadecimal digits)."""
    return (int(name[:8], 16), name)
