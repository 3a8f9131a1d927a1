"""Asking a tracker over HTTP: errors become Problems, and one that wants to be left alone is."""

from __future__ import annotations

import base64
import os
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit
from urllib.request import getproxies, proxy_bypass

from ecluse import __version__
from ecluse.model.problem import ProblemError
from ecluse.model.secret import Secret
from ecluse.model.values import frozen
from ecluse.ports.clock import Clock
from ecluse.providers.tracking import problems
from ecluse.providers.tracking.names import Resolve, await_answer, look_up

if TYPE_CHECKING:
    import httpx

CONNECT, ANSWER = 3.0, 10.0
"""Seconds."""
SHORT = 3.0
"""Seconds that are waited where a tracker asks for it; longer, and it is told later."""
UNTOLD, LONGEST = 60.0, 86_400.0
"""Seconds that it is left alone where it doesn't say how long, and at most."""
ATTEMPTS = 3
UNKNOWN, FORBIDDEN, TOO_MANY, SERVER_ERROR = 401, 403, 429, 500
FIRST_GOOD, FIRST_OTHER, REFUSED = 200, 300, 400
STRANGER = frozenset({"AUTHENTICATED_FAILED", "AUTHENTICATION_DENIED"})
"""How Jira says that it took us for nobody: without a 401, so that what isn't public is a 404."""
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
SHOWN = 300
"""Characters of an answer."""


@frozen
class Way:
    """How one tracker is asked. `name` is for people, `token_name` that of the secret."""

    name: str
    url: str
    headers: Mapping[str, Secret]
    """They may let us in, so none is shown."""
    token_name: str
    project: Callable[[str], str]
    """The path at which the project, or board, of a ticket is asked for: without it no ticket of it is there."""
    absent: Mapping[int, str] = field(default_factory=lambda: {404: "", 410: ""})
    """What it answers for a ticket that isn't there, or not for us: a status, with words that stand in the text."""


class Api:
    """One tracker. `clock` is for waiting as long as it asks for."""

    def __init__(self, way: Way, clock: Clock, resolve: Resolve = look_up) -> None:
        self.way = way
        self._clock = clock
        self._resolve = resolve
        self._client: httpx.AsyncClient | None = None
        self._there: set[str] = set()

    async def ask(
        self, method: str, path: str, *, key: str, to: str, query: Query = None, body: Any = None, form: Query = None
    ) -> Any:
        """What it answers, read as JSON; None for nothing. `to` says in words what for, `key` for which ticket.
        ProblemError as ports.tracker says."""
        for left in reversed(range(ATTEMPTS)):
            answer = await self._once(method, path, query, body, form)
            if answer.headers.get("x-seraph-loginreason") in STRANGER:
                raise problems.not_known(self.way.name, self.way.token_name)
            pause = _pause(answer, self._clock.now())
            if pause is None:
                await self._require_project(answer, key)
                return self._read(answer, key, to)
            if not left or pause > SHORT:
                raise problems.busy(self.way.name, pause)
            await self._clock.sleep(pause)
        raise AssertionError("unreachable")

    async def pages(self, path: str, *, key: str, to: str, query: Mapping[str, Any], size: int) -> AsyncIterator[Any]:
        """The items of a list that is counted in pages of `size`, as both forges do it."""
        page = 1
        while True:
            found = await self.ask("GET", path, key=key, to=to, query={**query, "per_page": size, "page": page})
            for item in items(self, found):
                yield item
            if len(found) < size:
                return
            page += 1

    async def take_back(self, path: str, *, key: str) -> None:
        """A comment. One that isn't there is taken back."""
        try:
            await self.ask("DELETE", path, key=key, to="take a comment from")
        except ProblemError as error:
            if error.problems[0].code != "T005":
                raise

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def _once(self, method: str, path: str, query: Query, body: Any, form: Query) -> httpx.Response:
        import httpx  # noqa: PLC0415  200 ms that a command without tickets doesn't pay

        headers = {name: value.reveal() for name, value in self.way.headers.items()}
        await self._awake()
        try:
            return await self._http().request(
                method, self.way.url + path, params=query, json=body, data=form, headers=headers
            )
        except httpx.TimeoutException as error:
            raise problems.unreachable(self.way.name, "no answer in time") from error
        except Exception as error:  # what this machine's proxies and certificates lead to is open
            raise self._not_asked(error) from error

    def _not_asked(self, error: Exception) -> ProblemError:
        """In words of the system's alone: those of a library may quote a header."""
        import httpx  # noqa: PLC0415

        first = _first(error)
        if isinstance(first, ssl.SSLCertVerificationError):
            return problems.not_from_here(self.way.name, f"its certificate isn't trusted ({first.verify_message})")
        if not isinstance(error, httpx.HTTPError | httpx.InvalidURL):
            return problems.not_from_here(self.way.name, _named(error))
        return problems.unreachable(self.way.name, _named(first) if isinstance(first, OSError) else _named(error))

    async def _require_project(self, answer: httpx.Response, key: str) -> None:
        """Where a ticket isn't there its project is asked for, once: a token that may not see it must not make us give
        up every ticket of it. Nor must a project that can't be asked for right now."""
        path = self.way.project(key)
        if not self._is_absent(answer) or path in self._there:
            return
        found = await self._once("GET", path, None, None, None)
        if self._is_absent(found):
            raise problems.no_project(self.way.name, key)
        if pause := _pause(found, self._clock.now()):
            raise problems.busy(self.way.name, pause)
        self._read(found, key, "see the project of")
        self._there.add(path)

    def _is_absent(self, answer: httpx.Response) -> bool:
        words = self.way.absent.get(answer.status_code)
        return words is not None and words in answer.text

    def _read(self, answer: httpx.Response, key: str, to: str) -> Any:
        code = answer.status_code
        if self._is_absent(answer):
            raise problems.no_ticket(self.way.name, key)
        if code == UNKNOWN:
            raise problems.not_known(self.way.name, self.way.token_name)
        if code == FORBIDDEN:
            raise problems.forbidden(self.way.name, f"{to} {key}")
        if code >= SERVER_ERROR:
            raise problems.unreachable(self.way.name, f"HTTP {code}")
        if code >= REFUSED:
            raise problems.refused(self.way.name, f"{to} {key}", code, self.masked(answer.text))
        if not FIRST_GOOD <= code < FIRST_OTHER:
            raise problems.senseless(self.way.name, f"HTTP {code} to {to} {key}", self.masked(answer.text))
        if not answer.content:
            return None
        try:
            return answer.json()
        except (ValueError, RecursionError) as error:
            raise problems.senseless(self.way.name, "no JSON", self.masked(answer.text)) from error

    def masked(self, text: str) -> str:
        """The beginning of it, without what lets us in."""
        for value in self.way.headers.values():
            for word in {value.reveal(), *value.reveal().replace('"', " ").replace(",", " ").split()}:
                text = text.replace(word, "[secret]") if len(word) > len("Bearer") else text
        return "".join(letter if letter.isprintable() else " " for letter in text[:SHOWN])

    async def _awake(self) -> None:
        """Once, and not where a proxy looks the name up for us."""
        parts = urlsplit(self.way.url)
        if self._client is None and parts.hostname and not _is_proxied(parts.scheme, parts.hostname):
            await await_answer(parts.hostname, parts.port or 443, self._resolve)

    def _http(self) -> httpx.AsyncClient:
        import httpx  # noqa: PLC0415

        if self._client is None:
            agent = {"User-Agent": f"ecluse/{__version__}", "Accept": "application/json"}
            is_here = urlsplit(self.way.url).hostname in LOOPBACK  # no proxy leads there
            self._client = httpx.AsyncClient(
                timeout=httpx.Timeout(ANSWER, connect=CONNECT), headers=agent, trust_env=not is_here
            )
        return self._client


Query = Mapping[str, Any] | None


def _is_proxied(scheme: str, host: str) -> bool:
    proxies = getproxies()
    return not proxies.keys().isdisjoint({scheme, "all"}) and not proxy_bypass(host)


def _first(error: BaseException) -> BaseException:
    """What it all began with."""
    while before := error.__cause__ or error.__context__:
        error = before
    return error


def _named(error: BaseException) -> str:
    if isinstance(error, ssl.SSLError):
        return f"TLS: {error.reason or type(error).__name__}"
    if isinstance(error, OSError) and error.errno and error.errno > 0:
        return os.strerror(error.errno)
    return (error.strerror if isinstance(error, OSError) else "") or type(error).__name__


def items(api: Api, found: Any) -> list[Any]:
    """A list, else it is a Problem."""
    if not isinstance(found, list):
        raise problems.senseless(api.way.name, "no list", api.masked(str(found)))
    return found


def number(api: Api, key: str) -> int:
    """Of `#12`. What a pattern of one's own found may be no number: then there is no such ticket."""
    digits = key.removeprefix("#")
    if not digits.isascii() or not digits.isdigit():
        raise problems.no_ticket(api.way.name, key)
    return int(digits)


def segment(text: str) -> str:
    """As one piece of a path."""
    return quote(text, safe="")


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _pause(answer: httpx.Response, now: datetime) -> float | None:
    """The seconds for which it wants to be left alone; None: it doesn't. GitHub says 403 for too many, too (its
    documentation, "Rate limits"), Atlassian 503 with a time (its "Rate limiting")."""
    code, has_time = answer.status_code, "retry-after" in answer.headers
    is_spent = has_time or answer.headers.get("x-ratelimit-remaining") == "0"
    if not (code == TOO_MANY or (code == FORBIDDEN and is_spent) or (code >= SERVER_ERROR and has_time)):
        return None
    return min(max(_asked_for(answer.headers, now), 0.0), LONGEST)


def _asked_for(headers: httpx.Headers, now: datetime) -> float:
    """Retry-After (RFC 9110, section 10.2.3), else the time at which the limit is reset; a minute where neither can be
    read."""
    after = headers.get("retry-after", "").strip()
    reset = headers.get("x-ratelimit-reset") or headers.get("ratelimit-reset") or ""
    try:
        if after.isdigit():
            return float(after)
        then = parsedate_to_datetime(after) if after else datetime.fromtimestamp(int(reset), UTC)
        return max(1.0, (then - now).total_seconds())
    except (ValueError, TypeError, OverflowError, OSError):
        return UNTOLD
