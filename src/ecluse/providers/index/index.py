"""An index that speaks the Simple API, and takes uploads as PyPI does."""

from __future__ import annotations

import hashlib
import re
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from ecluse.model.ids import Digest
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.model.publishing import IndexPlace
from ecluse.ports.commands import Command, CommandRunner, Finished
from ecluse.providers.index.simple import ACCEPTED, Listed, listed
from ecluse.providers.rest.failing import failures, why
from ecluse.providers.uv.settings import certificates, pip_settings

if TYPE_CHECKING:
    import httpx

PATIENCE = 60.0
_NOT_FOUND = 404
_SERVER_ERROR = 500
_ATTEMPTS = 3


PUBLIC = ("pypi.org", "pypi.python.org")


class _ForwardedError(Exception):
    """The index has no such project; what PyPI has under that name is somebody else's."""


async def _stay(answer: httpx.Response) -> None:
    """pypiserver and GitLab's registry send whoever asks for what they haven't to PyPI."""
    if answer.has_redirect_location and answer.url.join(answer.headers["location"]).host in PUBLIC:
        raise _ForwardedError


class UvIndex:
    """Fills ports.index.PackageIndex. Files are sent by `uv publish`, one at a time: it knows every kind of index, and
    how a CI's identity becomes a token.

    `secrets` are the values of the variables that `place` names: they go to uv by its environment, never as arguments.
    """

    def __init__(
        self,
        place: IndexPlace,
        *,
        uv: Path,
        env: Mapping[str, str],
        secrets: Mapping[str, str],
        commands: CommandRunner,
    ) -> None:
        self._place, self._uv, self._secrets, self._commands = place, uv, secrets, commands
        trusted = certificates(env, pip_settings(env))
        self._env, self._trusted = {**env, **trusted}, trusted.get("SSL_CERT_FILE", "")
        self._digests: dict[str, Digest] = {}

    async def files(self, project: str) -> Mapping[str, Digest]:
        page = f"{self._place.simple.rstrip('/')}/{normalized(project)}/"
        with self._usable(page):
            client = self._client()
        with suppress(_ForwardedError):
            return await self._listed(client, page)
        return {}

    async def _listed(self, client: httpx.AsyncClient, page: str) -> Mapping[str, Digest]:
        async with client:
            answer = await self._asked(client, page)
            if answer.status_code == _NOT_FOUND:
                return {}
            try:
                found = listed(
                    answer.content.decode(errors="replace"), answer.headers.get("content-type", ""), str(answer.url)
                )
            except (ValueError, RecursionError) as error:
                raise ProblemError(self._unreadable(page, str(error))) from error
            return {one.name: await self._digest(one, client) for one in found}

    async def upload(self, file: Path) -> None:
        names = {"token": "UV_PUBLISH_TOKEN", "username": "UV_PUBLISH_USERNAME", "password": "UV_PUBLISH_PASSWORD"}
        given = {to: self._secrets[of] for name, to in names.items() if (of := getattr(self._place, name))}
        trusted = "never" if given else "automatic"
        done = await self._commands.run(
            Command(
                argv=(
                    str(self._uv), "publish", "--no-config", "--no-attestations", "--trusted-publishing", trusted,
                    "--publish-url", self._place.upload, str(file),
                ),
                folder=file.parent,
                env={**self._env, "UV_NO_PROGRESS": "1", "NO_COLOR": "1", "UV_HTTP_RETRIES": "0", **given},
                secrets=tuple(given.values()),
            )
        )  # fmt: skip
        if not done.ok:
            raise ProblemError(self._refused(file, done))

    def _client(self) -> httpx.AsyncClient:
        import httpx  # noqa: PLC0415  200 ms that other commands save

        hooks = [] if urlsplit(self._place.simple).hostname in PUBLIC else [_stay]
        return httpx.AsyncClient(
            timeout=PATIENCE,
            follow_redirects=True,
            verify=ssl.create_default_context(cafile=self._trusted) if self._trusted else True,
            event_hooks={"response": hooks},
        )

    def _auth(self, url: str) -> tuple[str, str] | None:
        """What was given for where files are sent to goes nowhere else, whatever a page refers to."""
        name, password = self._place.username, self._place.password
        if name and password and urlsplit(url)[:2] == urlsplit(self._place.upload)[:2]:
            return self._secrets[name], self._secrets[password]
        return None

    async def _asked(self, client: httpx.AsyncClient, url: str, kind: str = ACCEPTED) -> httpx.Response:
        said = ""
        for _ in range(_ATTEMPTS):
            try:
                answer = await client.get(
                    url, headers={"Accept": kind, "Cache-Control": "no-cache"}, auth=self._auth(url)
                )
            except failures() as error:
                said = why(error)
                continue
            if answer.is_success or answer.status_code == _NOT_FOUND:
                return answer
            said = f"HTTP {answer.status_code}"
            if answer.status_code < _SERVER_ERROR:
                break
        raise ProblemError(self._unreadable(url, said))

    @contextmanager
    def _usable(self, url: str) -> Iterator[None]:
        try:
            yield
        except failures() as error:
            raise ProblemError(self._unreadable(url, why(error))) from error

    async def _digest(self, one: Listed, client: httpx.AsyncClient) -> Digest:
        """An index that doesn't say it is asked for the file itself."""
        if one.sha256:
            return Digest(f"sha256:{one.sha256}")
        if one.url not in self._digests:
            answer = await self._asked(client, one.url, "*/*")
            self._digests[one.url] = Digest(f"sha256:{hashlib.sha256(answer.content).hexdigest()}")
        return self._digests[one.url]

    def _unreadable(self, url: str, why: str) -> Problem:
        return Problem(
            code="R021",
            what="the package index could not be asked what it has",
            evidence=(f"{bare(url)}: {why}",),
            state="nothing more was sent; what it has already, it keeps",
            fix="look whether it is up and `[release.index] simple` is right, then `ecluse release` goes on",
            exit=Exit.UNREACHABLE,
        )

    def _refused(self, file: Path, done: Finished) -> Problem:
        return Problem(
            code="R022",
            what=f"the package index did not take {file.name}",
            evidence=tuple(line for line in done.output.splitlines() if line.strip())[-6:],
            state="files sent before it are there; the rest waits, with the bytes that were built",
            fix="see what it says, then `ecluse release` goes on with the missing files",
            exit=Exit.UNREACHABLE,
        )


def normalized(project: str) -> str:
    """PEP 503, "Normalized Names"."""
    return re.sub(r"[-_.]+", "-", project).lower()


def bare(url: str) -> str:
    """Without what may be a user and a password."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
