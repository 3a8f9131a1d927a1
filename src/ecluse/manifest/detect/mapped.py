"""Files that the original server sent without asking the app: uwsgi, nginx, Caddy and Apache say which.

Another server must send them too, or every page has lost its style sheet. Their paths are those of a container or a
host; the end of each is looked for in the repository.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ecluse.manifest.detect import django_files
from ecluse.manifest.detect.facts import LIKELY, Fact, Kind
from ecluse.manifest.detect.folders import below
from ecluse.manifest.detect.tree import LARGEST, Tree
from ecluse.model.values import frozen

OPTION = re.compile(r"--static-map[ =]\s*[\"']?([^\s\"'=,]+)=([^\s\"',\]]+)")
LINES = re.compile(r"(?m)^[ \t]*([\w-]+)[ \t]*=[ \t]*(.+?)[ \t]*$")
ALIAS = re.compile(r"(?mi)^[ \t]*Alias[ \t]+\"?(/[^\s\"]*)\"?[ \t]+\"?([^\s\"]+)\"?")
TOKEN = re.compile(r"#[^\n]*|\"[^\"]*\"|'[^']*'|[{};]|[^\s{};]+")


@frozen
class Mapped:
    """`path` is what the server calls it."""

    prefix: str
    path: str
    line: int


def read(tree: Tree) -> Iterator[Fact]:
    found = tuple(mappings(tree))
    known = there(tree) if found else frozenset()
    for file, one in found:
        path = home(one.path, known)
        prefix = spelled(one.prefix, is_folder=path.endswith("/")) if path else ""
        if prefix:
            yield Fact(kind=Kind.STATIC, value=prefix, label=path, file=file, line=one.line, confidence=LIKELY)


def there(tree: Tree) -> frozenset[str]:
    """Every file and, with its slash, every folder of the repository, and those that Django's settings have made."""
    made = {fact.label for fact in django_files.read(tree) if fact.kind is Kind.STATIC}
    uploads = {fact.value for fact in django_files.media(tree)}
    folders = {path[: end + 1] for path in tree.paths for end, letter in enumerate(path) if letter == "/"}
    return frozenset({*tree.paths, *folders, *made, *uploads})


def mappings(tree: Tree) -> Iterator[tuple[str, Mapped]]:
    """Each file that maps with what it maps."""
    for file in sorted(path for path in tree.paths if NAMED.search(path)):
        text, name = tree.text(file), posixpath.basename(file)
        for pattern, mark, parse in KINDS:
            if re.search(pattern, name) and mark in text and len(text) <= LARGEST:
                yield from ((file, found) for found in parse(text))


def uwsgi(text: str) -> Iterator[Mapped]:
    """Placeholders of the file's own (`%(base)`) are filled in; uwsgi-docs, "Configuring uWSGI"."""
    known: dict[str, str] = {}
    for match in LINES.finditer(text):
        name, value = match.group(1), re.sub(r"%\(([\w-]+)\)", lambda found: known.get(found.group(1), ""), match[2])
        known[name] = value
        if name in {"static-map", "static-map2"} and "=" in value:
            prefix, _, path = value.partition("=")
            yield Mapped(prefix=prefix.strip(), path=path.strip(), line=text.count("\n", 0, match.start(1)) + 1)


def command(text: str) -> Iterator[Mapped]:
    for match in OPTION.finditer(text):
        yield Mapped(prefix=match.group(1), path=match.group(2), line=text.count("\n", 0, match.start()) + 1)


def apache(text: str) -> Iterator[Mapped]:
    for match in ALIAS.finditer(text):
        yield Mapped(prefix=match.group(1), path=match.group(2), line=text.count("\n", 0, match.start(1)) + 1)


@dataclass(slots=True)
class Block:
    """A block of nginx's or Caddy's file: its own words, and what stands in it."""

    words: list[str]
    line: int
    root: str = ""
    alias: str = ""
    passes: bool = False


def nginx(text: str) -> Iterator[Mapped]:
    """`location` by prefix, with `alias`, or with a `root` of its own or from around it (ngx_http_core_module)."""
    open_blocks: list[Block] = [Block(words=[], line=0)]
    statement: list[str] = []
    for match in TOKEN.finditer(text):
        word = match.group().strip("\"'")
        if word.startswith("#"):
            continue
        if word == "{":
            line = text.count("\n", 0, match.start()) + 1
            open_blocks.append(Block(words=statement, line=line, root=open_blocks[-1].root))
            statement = []
        elif word == "}" and len(open_blocks) > 1:
            yield from located(open_blocks.pop())
            statement = []
        elif word == ";":
            noted(open_blocks[-1], statement)
            statement = []
        else:
            statement.append(word)


def noted(block: Block, statement: list[str]) -> None:
    name, *rest = statement or [""]
    if name in {"root", "alias"} and rest:
        setattr(block, name, rest[0])
    block.passes |= name.endswith("_pass")


def located(block: Block) -> Iterator[Mapped]:
    kind, *rest = block.words or [""]
    if kind != "location" or block.passes or not rest or (len(rest) > 1 and rest[0] not in {"=", "^~"}):
        return
    prefix, path = rest[-1], block.alias or (posixpath.join(block.root, rest[-1].lstrip("/")) if block.root else "")
    if prefix.startswith("/") and prefix != "/" and path and "$" not in path:
        yield Mapped(prefix=prefix, path=path, line=block.line)


def caddy(text: str) -> Iterator[Mapped]:
    """`handle_path /static/* { root * /srv/static }`, which takes the prefix away, and `handle`, which doesn't."""
    around = ""
    prefix, strips, start = "", False, 0
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split("#")[0].split()
        if words[:1] in (["handle_path"], ["handle"]) and len(words) > 1 and words[1].startswith("/"):
            prefix, strips, start = words[1].rstrip("*"), words[0] == "handle_path", number
        elif words[:1] == ["root"] and len(words) > 1:
            path = words[-1]
            if prefix:
                yield Mapped(prefix=prefix, path=path if strips else posixpath.join(path, prefix[1:]), line=start)
            around = around or path
        elif words[:1] == ["file_server"] and len(words) > 1 and words[1].startswith("/") and around:
            below_it = words[1].rstrip("*")
            yield Mapped(prefix=below_it, path=posixpath.join(around, below_it[1:]), line=number)
        elif words == ["}"]:
            prefix = ""


def home(path: str, known: frozenset[str]) -> str:
    """What a path of a server is in the repository, a folder with its slash; empty where it is nothing there."""
    for candidate in below(path.rstrip("/")):
        if candidate != "." and ".." not in candidate:
            if f"{candidate}/" in known:
                return f"{candidate}/"
            if candidate in known:
                return candidate
    return ""


def spelled(prefix: str, *, is_folder: bool) -> str:
    """As the manifest has it; empty for what it can't say."""
    plain = "/" + prefix.strip("/") + ("/" if is_folder else "")
    return plain if re.fullmatch(r"/(?:[\w.~-]+/?)+", plain) else ""


KINDS: tuple[tuple[str, str, Callable[[str], Iterator[Mapped]]], ...] = (
    (r"\.ini$", "[uwsgi]", uwsgi),
    (r"^(Procfile|Dockerfile)|compose.*\.ya?ml$|\.(sh|service)$", "static-map", command),
    (r"\.conf(\.|$)|nginx(?!.*\.(py|md|html|js|yml|yaml)$)", "location", nginx),
    (r"^Caddyfile", "root", caddy),
    (r"\.conf(\.|$)", "Alias", apache),
)
"""Names of files, what stands in those that matter, and how they are read."""
NAMED = re.compile(
    r"(\.ini|\.ya?ml|\.sh|\.service)$|\.conf(\.|$)|(^|/)(Procfile|Dockerfile|Caddyfile)[^/]*$|nginx[^/]*$"
)
