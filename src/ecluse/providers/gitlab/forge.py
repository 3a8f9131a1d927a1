"""Releases on GitLab (REST API, "Releases", "Release links" and "Generic packages")."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ecluse.model.problem import ProblemError
from ecluse.model.publishing import ForgePlace
from ecluse.ports.forge import Announced
from ecluse.providers.github.forge import no_page, unknown_repository
from ecluse.providers.rest.addresses import host_and_repository
from ecluse.providers.rest.asking import Asking

_OK, _CREATED, _FORBIDDEN, _NOT_FOUND, _EXISTS, _TAKEN = 200, 201, 403, 404, 409, 400
JOB = "CI_JOB_TOKEN"


class GitLabForge:
    """Fills ports.forge.Forge. Files are packages of the project, of which its page has links."""

    def __init__(self, place: ForgePlace, address: str, *, token: str, env: Mapping[str, str]) -> None:
        host, named = host_and_repository(address)
        repository = place.repository or env.get("CI_PROJECT_PATH", "") or named
        api = place.api or env.get("CI_API_V4_URL", "") or (f"https://{host}/api/v4" if host else "")
        if not repository or not api:
            raise ProblemError(unknown_repository("gitlab"))
        self._project, self._package = f"/projects/{quote(repository, safe='')}", repository.rpartition("/")[2]
        header = "JOB-TOKEN" if place.token == JOB else "PRIVATE-TOKEN"
        self._asking = Asking(api, {header: token}, "GitLab")

    async def release(self, tag: str) -> Announced | None:
        """A token that may not see it is answered as if there were none (GitLab's manual, "Get a release")."""
        path = f"{self._project}/releases/{quote(tag, safe='')}"
        status, document = await self._asking.ask("GET", path, expected=(_OK, _FORBIDDEN, _NOT_FOUND))
        return self._announced(document) if status == _OK else None

    async def announce(self, tag: str, title: str, notes: str) -> Announced:
        asked = {"tag_name": tag, "name": title, "description": notes}
        path = f"{self._project}/releases"
        status, document = await self._asking.ask("POST", path, json=asked, expected=(_CREATED, _EXISTS))
        found = self._announced(document) if status == _CREATED else await self.release(tag)
        return found or Announced(url="")

    async def attach(self, tag: str, name: str, file: Path) -> None:
        page = await self.release(tag)
        if page is None:
            raise ProblemError(no_page("GitLab", tag))
        if name in page.files:
            return
        place = f"{self._project}/packages/generic/{quote(self._package, safe='')}/{quote(tag, safe='')}/{quote(name)}"
        url = f"{self._asking.api}{place}"
        await self._asking.send("PUT", url, file, expected=(_OK, _CREATED), kind="application/octet-stream")
        links = f"{self._project}/releases/{quote(tag, safe='')}/assets/links"
        asked = {"name": name, "url": url, "link_type": "package"}
        await self._asking.ask("POST", links, json=asked, expected=(_CREATED, _TAKEN))

    def _announced(self, document: Any) -> Announced:
        with self._asking.reading():
            links = document.get("assets", {}).get("links", ())
            return Announced(url=str(document["_links"]["self"]), files=frozenset(link["name"] for link in links))
