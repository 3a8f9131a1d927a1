"""Releases on GitHub (REST API, "Releases" and "Release assets")."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.model.publishing import ForgePlace
from ecluse.ports.forge import Announced
from ecluse.providers.rest.addresses import host_and_repository
from ecluse.providers.rest.asking import Asking

_OK, _CREATED, _GONE, _NOT_FOUND, _EXISTS = 200, 201, 204, 404, 422
VERSION = "2022-11-28"


class GitHubForge:
    """Fills ports.forge.Forge. `address` is the git remote's."""

    def __init__(self, place: ForgePlace, address: str, *, token: str, env: Mapping[str, str]) -> None:
        host, named = host_and_repository(address)
        self._repository = place.repository or env.get("GITHUB_REPOSITORY", "") or named
        api = place.api or env.get("GITHUB_API_URL", "") or _api(host)
        if not self._repository or not api:
            raise ProblemError(unknown_repository("github"))
        headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {token}",
            "X-GitHub-Api-Version": VERSION,
        }
        self._asking = Asking(api, headers, "GitHub")

    async def release(self, tag: str) -> Announced | None:
        found = await self._document(tag)
        return self._announced(found) if found else None

    async def announce(self, tag: str, title: str, notes: str) -> Announced:
        asked = {"tag_name": tag, "name": title, "body": notes}
        path = f"/repos/{self._repository}/releases"
        status, document = await self._asking.ask("POST", path, json=asked, expected=(_CREATED, _EXISTS))
        if status == _EXISTS:  # somebody was faster, or it is refused for another reason
            document = await self._document(tag)
            if document is None:
                await self._asking.ask("POST", path, json=asked, expected=(_CREATED,))
        return self._announced(document)

    async def attach(self, tag: str, name: str, file: Path) -> None:
        document = await self._document(tag)
        if document is None:
            raise ProblemError(no_page("GitHub", tag))
        if name in self._announced(document).files:
            return
        with self._asking.reading():
            cut = [asset["id"] for asset in document.get("assets", ()) if asset.get("name") == name]
            url = f"{document['upload_url'].partition('{')[0]}?name={quote(name)}"
        for one in cut:
            path = f"/repos/{self._repository}/releases/assets/{one}"
            await self._asking.ask("DELETE", path, expected=(_GONE, _NOT_FOUND))
        await self._asking.send("POST", url, file, expected=(_CREATED, _EXISTS), kind="application/octet-stream")

    def _announced(self, document: Any) -> Announced:
        """A file that was cut short on its way (its state is `starter`) is none."""
        with self._asking.reading():
            whole = (asset for asset in document.get("assets", ()) if asset.get("state") == "uploaded")
            return Announced(url=str(document["html_url"]), files=frozenset(asset["name"] for asset in whole))

    async def _document(self, tag: str) -> Any:
        path = f"/repos/{self._repository}/releases/tags/{quote(tag, safe='')}"
        status, document = await self._asking.ask("GET", path, expected=(_OK, _NOT_FOUND))
        return document if status == _OK else None


def _api(host: str) -> str:
    if host == "github.com":
        return "https://api.github.com"
    return f"https://{host}/api/v3" if host else ""


def no_page(kind: str, tag: str) -> Problem:
    return Problem(
        code="R025",
        what=f"{kind} refused what was asked of it",
        evidence=(f"the page of {tag} was made, and isn't to be seen",),
        state="the tag is pushed and files are sent; the release's page still lacks files",
        fix="look whether it was deleted, and whether the token may read releases; then `ecluse release` goes on",
        exit=Exit.REFUSED,
    )


def unknown_repository(kind: str) -> Problem:
    return Problem(
        code="R028",
        what=f"which repository of {kind} the release is to be announced in isn't known",
        state="this command changed nothing",
        fix='say it: `[release.forge] repository = "team/shop"` and `api = "https://…"`; then `ecluse release` goes on',
    )
