"""Asking a forge's API: one client, one way to fail."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.providers.rest.failing import failures, why

if TYPE_CHECKING:
    import httpx

PATIENCE = 60.0
_SERVER_ERROR = 500
_ATTEMPTS = 3


class Asking:
    """`headers` hold the token; they are sent to `api` and, by `send`, to where it says that files go."""

    def __init__(self, api: str, headers: Mapping[str, str], name: str) -> None:
        self.api, self._name = api.rstrip("/"), name
        self._headers = {header: value.strip() for header, value in headers.items()}

    async def ask(
        self, method: str, path: str, *, expected: tuple[int, ...], json: Mapping[str, Any] | None = None
    ) -> tuple[int, Any]:
        """Status and document; None for an answer that has none. Another status than `expected`: ProblemError R025."""
        answer = await self._sent(method, f"{self.api}{path}", json=json)
        return self._read(answer, expected)

    async def send(self, method: str, url: str, file: Path, *, expected: tuple[int, ...], kind: str) -> tuple[int, Any]:
        content = await asyncio.to_thread(file.read_bytes)
        answer = await self._sent(method, url, content=content, kind=kind)
        return self._read(answer, expected)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """A document that isn't as the API has it: ProblemError R035. A wrong address has pages of its own."""
        try:
            yield
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise ProblemError(
                Problem(
                    code="R035",
                    what=f"what answers there is not the API of {self._name}",
                    evidence=(f"{self.api}: it answered, and not with what it was asked for",),
                    state="the tag is pushed and files are sent; the release's page is still to be made",
                    fix="correct `[release.forge] api` and `kind`, then `ecluse release` goes on",
                    exit=Exit.REFUSED,
                )
            ) from error

    async def _sent(
        self, method: str, url: str, *, json: Any = None, content: bytes | None = None, kind: str = ""
    ) -> httpx.Response:
        """What only asks is asked again; what changes something is looked at by the caller first."""
        import httpx  # noqa: PLC0415  200 ms that other commands save

        headers = {**self._headers, **({"Content-Type": kind} if kind else {})}
        said = ""
        for _ in range(_ATTEMPTS if method == "GET" else 1):
            try:
                async with httpx.AsyncClient(timeout=PATIENCE) as client:
                    answer = await client.request(method, url, headers=headers, json=json, content=content)
                    answer = await _followed(client, answer)
            except failures() as error:
                said = why(error)
                continue
            if answer.status_code < _SERVER_ERROR:
                return answer
            said = f"HTTP {answer.status_code}"
        raise ProblemError(
            Problem(
                code="R024",
                what=f"{self._name} could not be asked",
                evidence=(f"{method} {url.partition('?')[0]}: {said}",),
                state="the tag is pushed and files are sent; the release's page is still to be made",
                fix="`ecluse release` goes on with it when it is up again",
                exit=Exit.UNREACHABLE,
            )
        )

    def _read(self, answer: httpx.Response, expected: tuple[int, ...]) -> tuple[int, Any]:
        try:
            document = answer.json() if answer.content else None
        except (ValueError, RecursionError):
            document = None
        if answer.status_code in expected:
            return answer.status_code, document
        said = document.get("message") if isinstance(document, dict) else None
        raise ProblemError(
            Problem(
                code="R025",
                what=f"{self._name} refused what was asked of it",
                evidence=(
                    f"{answer.request.method} {answer.url.path}: HTTP {answer.status_code} {said or ''}".strip(),
                ),
                state="the tag is pushed and files are sent; the release's page is still to be made",
                fix="see what it says (the token's rights, `[release.forge]`), then `ecluse release` goes on",
                exit=Exit.REFUSED,
            )
        )


async def _followed(client: httpx.AsyncClient, answer: httpx.Response) -> httpx.Response:
    """To where it was moved, on the same server alone: elsewhere the token's header would be sent along. A client knows
    of `Authorization`, not of `PRIVATE-TOKEN`."""
    for _ in range(_ATTEMPTS):
        following = answer.next_request
        if following is None or _server(following) != _server(answer.request):
            break
        answer = await client.send(following)
    return answer


def _server(request: httpx.Request) -> tuple[str, str, int | None]:
    return request.url.scheme, request.url.host, request.url.port
