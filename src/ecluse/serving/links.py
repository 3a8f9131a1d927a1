"""What a page needs beside itself: its style sheets, scripts and pictures on the same site."""

from html.parser import HTMLParser
from typing import Dict, List, Optional, Tuple
from urllib.parse import urljoin, urlsplit

LOADED = {"link": "href", "script": "src", "img": "src"}
SHEETS = frozenset(("stylesheet", "icon", "manifest", "preload", "modulepreload"))


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: Dict[str, None] = {}

    def handle_starttag(self, tag: str, attrs: List[Tuple[str, Optional[str]]]) -> None:
        given = dict(attrs)
        named = given.get(LOADED.get(tag, "")) or ""
        if tag != "link" or SHEETS & set((given.get("rel") or "").lower().split()):
            self.found[named.strip()] = None


def links(page: str, path: str, host: str) -> List[str]:
    """Paths (with query) on the same site that a page at `path` loads, each once, in its order."""
    parser = _Page()
    parser.feed(page)
    found: Dict[str, None] = {}
    for named in parser.found:
        try:
            whole = urlsplit(urljoin("http://%s%s" % (host, path), named))
        except ValueError:
            continue
        if named and whole.scheme == "http" and whole.netloc == host and whole.path != path:
            found[whole.path + ("?" + whole.query if whole.query else "")] = None
    return list(found)
