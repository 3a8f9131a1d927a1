"""An index of one's own with PyPI's JSON interface: `GET ADDRESS/NAME/VERSION/json`."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ecluse.model.package import Package, Vulnerability, normal
from ecluse.model.values import frozen
from ecluse.ports.advisories import Answer
from ecluse.providers.uv.download import bare, credentials

if TYPE_CHECKING:
    import httpx

PATIENCE = 20.0
"""Seconds without a byte."""
AT_ONCE = 8
OK = 200


@frozen
class OwnIndex:
    """Fills ports.advisories.Advisories. An answer without `vulnerabilities` says nothing of them, so it is none."""

    at: str
    env: Mapping[str, str]
    patience: float = PATIENCE

    @property
    def name(self) -> str:
        return bare(self.at)

    def content(self) -> str:
        return ""

    async def ask(self, packages: Sequence[Package]) -> Mapping[Package, Answer]:
        import httpx  # noqa: PLC0415  200 ms that only a scan pays

        bundle = self.env.get("SSL_CERT_FILE")
        context = ssl.create_default_context(cafile=bundle) if bundle else True
        limits = httpx.Limits(max_connections=AT_ONCE)
        async with httpx.AsyncClient(
            timeout=self.patience, follow_redirects=True, verify=context, limits=limits
        ) as client:
            found = await asyncio.gather(*(self._ask(client, package) for package in packages))
        return dict(zip(packages, found, strict=True))

    async def _ask(self, client: httpx.AsyncClient, package: Package) -> Answer:
        import httpx  # noqa: PLC0415

        url = f"{self.at.rstrip('/')}/{package.name}/{package.version}/json"
        try:
            answer = await client.get(url, auth=credentials(url, self.env))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return f"no answer ({type(error).__name__}{f': {error}' if str(error) else ''})"
        if answer.status_code != OK:
            return f"HTTP {answer.status_code}"
        try:
            return _read(json.loads(answer.content), package)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return "the answer isn't that of an index with PyPI's JSON interface"


def _read(document: dict[str, Any], package: Package) -> Answer:
    told = Package.of(str(document["info"]["name"]), normal(str(document["info"]["version"])))
    if told != Package(package.name, normal(package.version)):
        return f"the answer is about {told}"
    if not isinstance(document.get("vulnerabilities"), list):
        return "the answer says nothing of vulnerabilities"
    return tuple(
        Vulnerability(
            id=str(one["id"]),
            aliases=tuple(map(str, one.get("aliases") or ())),
            summary=" ".join(str(one.get("summary") or one.get("details") or "").split()),
            fixed=tuple(map(str, one.get("fixed_in") or ())),
        )
        for one in document["vulnerabilities"]
        if not one.get("withdrawn")
    )
