"""A repository of an OCI registry, by the HTTP API of the Distribution Specification 1.1."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urljoin, urlsplit

from ecluse.model.ids import Digest
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.model.publishing import ImagePlace
from ecluse.providers.rest.failing import failures, why

if TYPE_CHECKING:
    import httpx

MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.artifact.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v1+prettyjws",
)
"""All that a tag can name: a registry says of a kind that isn't asked for that there is nothing."""
PATIENCE = 60.0
_OK, _CREATED, _ACCEPTED, _UNAUTHORIZED, _NOT_FOUND, _SERVER_ERROR = 200, 201, 202, 401, 404, 500
_PARAMETER = re.compile(r'(\w+)="([^"]*)"')


class OciRegistry:
    """Fills ports.registry.Registry for the repository of `place`. `secrets` are the values of the variables that it
    names; where the registry wants a token, it is fetched with them."""

    def __init__(self, place: ImagePlace, *, secrets: Mapping[str, str]) -> None:
        parts = urlsplit(place.address)
        self._base, self._name = f"{parts.scheme}://{parts.netloc}", parts.path.strip("/")
        self._login = (secrets[place.username], secrets[place.password]) if place.username else None
        self._auth: dict[str, str] = {}

    async def manifest(self, tag: str) -> Digest | None:
        answer = await self._ask("GET", f"/manifests/{quote(tag)}", {"Accept": ", ".join(MANIFESTS)}, (_OK, _NOT_FOUND))
        if answer.status_code == _NOT_FOUND:
            return None
        return Digest(f"sha256:{hashlib.sha256(answer.content).hexdigest()}")

    async def holds(self, digest: Digest) -> bool:
        answer = await self._ask("HEAD", f"/blobs/{digest}", {}, (_OK, _NOT_FOUND))
        return answer.status_code == _OK

    async def push_blob(self, digest: Digest, file: Path) -> None:
        """In one piece, after a place for it was asked for ("Pushing a blob monolithically")."""
        if await self.holds(digest):
            return
        begun = await self._ask("POST", "/blobs/uploads/", {"Content-Length": "0"}, (_ACCEPTED,))
        if not begun.headers.get("Location"):
            raise ProblemError(_refused("POST", "/blobs/uploads/", begun))
        place = urljoin(self._base, begun.headers["Location"])
        url = f"{place}{'&' if '?' in place else '?'}digest={quote(digest)}"
        content = await asyncio.to_thread(file.read_bytes)
        await self._ask("PUT", url, {"Content-Type": "application/octet-stream"}, (_CREATED,), content)

    async def push_manifest(self, tag: str, document: bytes, kind: str) -> None:
        await self._ask("PUT", f"/manifests/{quote(tag)}", {"Content-Type": kind}, (_CREATED,), document)

    async def _ask(
        self, method: str, path: str, headers: Mapping[str, str], expected: tuple[int, ...], content: bytes = b""
    ) -> httpx.Response:
        import httpx  # noqa: PLC0415  200 ms that other commands save

        url = path if "://" in path else f"{self._base}/v2/{self._name}{path}"
        body: dict[str, Any] = {"content": content} if method in {"PUT", "POST"} else {}
        try:
            async with httpx.AsyncClient(timeout=PATIENCE, follow_redirects=True) as client:
                answer = await client.request(method, url, headers={**headers, **self._auth}, **body)
                if answer.status_code == _UNAUTHORIZED and await self._admitted(answer, client):
                    answer = await client.request(method, url, headers={**headers, **self._auth}, **body)
        except failures() as error:
            raise ProblemError(_away(self._base, why(error))) from error
        if answer.status_code in expected:
            return answer
        if answer.status_code >= _SERVER_ERROR:
            raise ProblemError(_away(self._base, f"HTTP {answer.status_code}"))
        raise ProblemError(_refused(method, path.partition("?")[0], answer))

    async def _admitted(self, answer: httpx.Response, client: httpx.AsyncClient) -> bool:
        """What the registry asks for: a password with each question, or a token from where it says (Docker's "Token
        Authentication Specification", which the OCI's registries use)."""
        import httpx  # noqa: PLC0415  as above

        kind, _, rest = answer.headers.get("WWW-Authenticate", "").partition(" ")
        basic = httpx.BasicAuth(*self._login) if self._login else None
        if kind.lower() == "basic" and self._login:
            request = httpx.Request("GET", self._base)
            assert basic is not None  # noqa: S101
            self._auth = {"Authorization": next(basic.auth_flow(request)).headers["Authorization"]}
            return True
        asked = dict(_PARAMETER.findall(rest))
        if kind.lower() != "bearer" or "realm" not in asked:
            return False
        scope = {"scope": f"repository:{self._name}:pull,push", "service": asked.get("service", "")}
        told = await client.get(asked["realm"], params=scope, auth=basic)
        if told.status_code != _OK:
            return False
        try:
            document = told.json()
            token = document.get("token") or document["access_token"]
        except (ValueError, RecursionError, AttributeError, KeyError):
            return False
        self._auth = {"Authorization": f"Bearer {token}"}
        return True


def _away(base: str, why: str) -> Problem:
    return Problem(
        code="R026",
        what="the image registry could not be asked",
        evidence=(f"{base}: {why}",),
        state="nothing more was published than what is out already; of the image, what it has it keeps",
        fix="`ecluse release` goes on with it when it is up again",
        exit=Exit.UNREACHABLE,
    )


def _refused(method: str, path: str, answer: httpx.Response) -> Problem:
    return Problem(
        code="R027",
        what="the image registry refused what was asked of it",
        evidence=(f"{method} {path}: HTTP {answer.status_code} {answer.text[:200]}".strip(),),
        state="nothing more was published than what is out already; of the image, what it has it keeps",
        fix="see what it says (`[release.image]`, the rights of its user), then `ecluse release` goes on",
        exit=Exit.REFUSED,
    )
