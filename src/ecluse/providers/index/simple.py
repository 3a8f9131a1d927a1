"""What a page of the Simple API says, in HTML or JSON (PEP 503, PEP 691). Pure."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin

from ecluse.model.values import frozen

JSON = "application/vnd.pypi.simple.v1+json"
ACCEPTED = f"{JSON}, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"


@frozen
class Listed:
    """A file of an index. `sha256` is empty where the index doesn't say it."""

    name: str
    url: str
    sha256: str = ""


def listed(text: str, kind: str, url: str) -> tuple[Listed, ...]:
    """`kind` is the answer's Content-Type, `url` where it came from. ValueError when it can't be read."""
    return _of_json(text, url) if kind.partition(";")[0].strip() == JSON else _of_html(text, url)


def _of_json(text: str, url: str) -> tuple[Listed, ...]:
    try:
        return tuple(_of_entry(one, url) for one in json.loads(text)["files"])
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no list of files: {error}") from error


def _of_entry(entry: Any, url: str) -> Listed:
    name = entry["filename"]
    if not isinstance(name, str):
        raise TypeError(f"{name!r} is no name")
    return Listed(name=name, url=urljoin(url, entry["url"]), sha256=entry["hashes"].get("sha256", "").lower())


def _of_html(text: str, url: str) -> tuple[Listed, ...]:
    page = _Page()
    page.feed(text)
    return tuple(_anchor(href, url) for href in page.links)


def _anchor(href: str, url: str) -> Listed:
    place, fragment = urldefrag(urljoin(url, href))
    name, _, value = fragment.partition("=")
    sha256 = value.lower() if name == "sha256" else ""
    return Listed(name=unquote(place.rpartition("/")[2]), url=place, sha256=sha256)


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.links += [value for name, value in attrs if name == "href" and value]
