"""Fetching files of an index into the content store."""

from __future__ import annotations

import hashlib
import netrc
import shutil
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import unquote, urlsplit, urlunsplit

from ecluse.model.ids import Digest
from ecluse.ports.store import ContentStore
from ecluse.providers.uv import failure
from ecluse.providers.uv.lock import Remote
from ecluse.providers.uv.scratch import scratch

if TYPE_CHECKING:
    import httpx

PATIENCE = 60.0
"""Seconds without a byte."""
ATTEMPTS = 3
SERVER_ERROR = 500
CHUNK = 1 << 18


@dataclass(frozen=True, slots=True)
class Downloads:
    """How files are fetched. `env` is uv's environment: the same indexes, credentials and certificates."""

    home: Path
    store: ContentStore
    env: Mapping[str, str]

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Downloader]:
        downloader = Downloader(self)
        try:
            yield downloader
        finally:
            await downloader.close()


class Downloader:
    """Every file is verified against the lock before it is in the store; a file that is there is not fetched."""

    def __init__(self, how: Downloads) -> None:
        self._home, self._store, self._env = how.home, how.store, how.env
        self._client: httpx.AsyncClient | None = None

    async def fetch(self, remote: Remote) -> Digest:
        """Raises ProblemError: B013 for a file that doesn't come, B014 for another than the locked one."""
        if remote.sha256 and self._store.has(digest := Digest(f"sha256:{remote.sha256}")):
            return digest
        try:
            with scratch(self._home, "fetch") as folder, (folder / "file").open("wb") as file:
                await self._bring(remote.url, file)
                file.flush()
                return self._stored(remote, folder / "file")
        except OSError as error:
            raise failure.of_os_error(error, self._home) or failure.unfetched(bare(remote.url), str(error)) from error

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    def _stored(self, remote: Remote, path: Path) -> Digest:
        with path.open("rb") as file:
            got = hashlib.file_digest(file, "sha256").hexdigest()
        if remote.sha256 and got != remote.sha256:
            raise failure.altered(bare(remote.url), remote.sha256, got)
        return self._store.put_file(path)

    async def _bring(self, url: str, file: IO[bytes]) -> None:
        parts = urlsplit(url)
        if parts.scheme in {"", "file"}:
            with Path(unquote(parts.path)).open("rb") as source:  # noqa: ASYNC230  a local copy
                shutil.copyfileobj(source, file)
        else:
            await self._over_http(url, file)

    async def _over_http(self, url: str, file: IO[bytes]) -> None:
        import httpx  # noqa: PLC0415  200 ms that a call without downloads doesn't pay

        for left in reversed(range(ATTEMPTS)):
            try:
                await self._stream(url, file)
            except httpx.HTTPStatusError as error:
                if not left or error.response.status_code < SERVER_ERROR:
                    raise failure.unfetched(bare(url), f"HTTP {error.response.status_code}") from error
            except httpx.HTTPError as error:
                if not left:
                    raise failure.unfetched(bare(url), f"{type(error).__name__}: {error}") from error
            else:
                return
            file.seek(0)
            file.truncate()

    async def _stream(self, url: str, file: IO[bytes]) -> None:
        async with self._http().stream("GET", url, auth=credentials(url, self._env)) as answer:
            answer.raise_for_status()
            async for chunk in answer.aiter_raw(CHUNK):
                file.write(chunk)

    def _http(self) -> httpx.AsyncClient:
        import httpx  # noqa: PLC0415

        if self._client is None:
            bundle = self._env.get("SSL_CERT_FILE")
            context = ssl.create_default_context(cafile=bundle) if bundle else True
            headers = {"Accept-Encoding": "identity"}
            self._client = httpx.AsyncClient(timeout=PATIENCE, follow_redirects=True, verify=context, headers=headers)
        return self._client


def credentials(url: str, env: Mapping[str, str]) -> tuple[str, str] | None:
    """What the settings give for the host of `url`: an index keeps its files beside itself."""
    indexes = f"{env.get('UV_INDEX', '')} {env.get('UV_DEFAULT_INDEX', '')} {env.get('UV_INDEX_URL', '')}".split()
    host = urlsplit(url).hostname
    for index in map(urlsplit, indexes):
        if index.hostname == host and index.username:
            return unquote(index.username), unquote(index.password or "")
    return _of_netrc(host or "", env)


def bare(url: str) -> str:
    """The address without what it may carry of a password."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rsplit("@", 1)[-1], query=""))


def _of_netrc(host: str, env: Mapping[str, str]) -> tuple[str, str] | None:
    path = env.get("NETRC") or f"{env.get('HOME', '')}/.netrc"
    try:
        found = netrc.netrc(path).authenticators(host)
    except (OSError, netrc.NetrcParseError):
        return None
    return (found[0], found[2] or "") if found else None
