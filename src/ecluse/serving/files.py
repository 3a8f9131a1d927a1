"""Files under URL prefixes as RFC 9110 wants them answered: validators, ranges, compressed forms. No app is asked.

A file is opened first and looked at afterwards, by its descriptor: what is checked is what is sent.
"""

import mimetypes
import os
import re
import stat
from email.utils import formatdate
from functools import lru_cache
from typing import Callable, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

Header = Callable[[str], str]
"""The value of a request's header by its small-letter name; empty when it wasn't sent."""

PIECE = 1 << 18
"""Bytes that are read at once."""
WELL_KNOWN = b".well-known"
"""The one hidden name with something for everybody (RFC 8615)."""
LONGEST = 64
"""Bytes of a name's end by which its type is told."""
HASHED = re.compile(rb"\.[0-9a-f]{12}\.[^/]+$")
"""A name that says its content, as Django's manifest storage makes them: it never changes."""
FOREVER = "max-age=31536000, public, immutable"
ASK_AGAIN = "no-cache"
"""Keep it, but ask whether it is still right: a page of the new release must not meet the old one's style sheet."""
COMPRESSED = ((b".br", "br"), (b".gz", "gzip"))

_TYPES = mimetypes.MimeTypes()
for _type, _ending in (
    ("text/javascript", ".js"), ("text/javascript", ".mjs"), ("application/wasm", ".wasm"), ("font/woff2", ".woff2"),
    ("font/woff", ".woff"), ("font/ttf", ".ttf"), ("font/otf", ".otf"), ("image/webp", ".webp"),
    ("image/avif", ".avif"), ("image/svg+xml", ".svg"), ("image/x-icon", ".ico"), ("application/json", ".map"),
    ("application/manifest+json", ".webmanifest"), ("text/markdown", ".md"),
):  # fmt: skip
    _TYPES.add_type(_type, _ending)


class Reply(NamedTuple):
    """An answer. `fd` is -1 when it has no body; else `length` bytes from `start`, and whoever sends them closes it."""

    status: int
    headers: List[Tuple[str, str]]
    fd: int = -1
    start: int = 0
    length: int = 0

    def pieces(self) -> Iterator[bytes]:
        """The body. OSError when the file was cut short meanwhile: the connection must break then."""
        at, end = self.start, self.start + self.length
        while at < end:
            piece = os.pread(self.fd, min(PIECE, end - at), at)
            if not piece:
                raise OSError("a file was cut short while it was sent")
            at += len(piece)
            yield piece

    def close(self) -> None:
        if self.fd >= 0:
            os.close(self.fd)


class _File(NamedTuple):
    fd: int
    about: os.stat_result
    encoding: str = ""

    @property
    def tag(self) -> str:
        return '"%x-%x%s"' % (self.about.st_mtime_ns, self.about.st_size, self.encoding and "-" + self.encoding)

    @property
    def changed(self) -> str:
        return _date(int(self.about.st_mtime))


@lru_cache(maxsize=1024)
def _date(seconds: int) -> str:
    return formatdate(seconds, usegmt=True)


class Mounts:
    """URL prefixes and their folders. A prefix ends in a slash; one that doesn't is the path of one file."""

    def __init__(self, mounts: Sequence[Tuple[str, str]]) -> None:
        self._folders: Dict[bytes, bytes] = {}
        for prefix, folder in mounts:
            self._folders[os.fsencode(prefix)] = os.fsencode(folder)
        # Where the folders really are. A release's links stay as they are while it serves.
        self._real = {
            prefix: os.path.realpath(folder if prefix.endswith(b"/") else os.path.dirname(folder))
            for prefix, folder in self._folders.items()
        }
        self._order = tuple(sorted(self._folders, key=len, reverse=True))

    def reply(self, method: str, path: bytes, header: Header) -> Optional[Reply]:
        """What to answer; None when there is no such file, and the app has to."""
        if not path.startswith(self._order):
            return None
        found = self._find(path, header("accept-encoding"))
        return None if found is None else _answer(found, path, method, header)

    def _find(self, path: bytes, accepted: str) -> Optional[_File]:
        prefix = next(prefix for prefix in self._order if path.startswith(prefix))
        folder, name = self._folders[prefix], path[len(prefix) :]
        if not prefix.endswith(b"/"):
            folder, name = (b"", b"") if name else os.path.split(folder)
        if not name or not _is_plain(name):
            return None
        return _open(folder + b"/" + name, self._real[prefix], accepted)


def _is_plain(name: bytes) -> bool:
    parts = name.split(b"/")
    return b"\0" not in name and all(part and (part[:1] != b"." or part == WELL_KNOWN) for part in parts)


def _open(path: bytes, within: bytes, accepted: str) -> Optional[_File]:
    plain = _opened(path, within)
    if plain is None:
        return None
    for ending, encoding in COMPRESSED:
        if not _accepts(accepted, encoding):
            continue
        packed = _opened(path + ending, within)
        # Those that a release brings, and nobody writes: among uploads another's file could pass for this one.
        if packed is not None and not packed.about.st_mode & 0o222:
            os.close(plain.fd)
            return packed._replace(encoding=encoding)
        if packed is not None:
            os.close(packed.fd)
    return plain


def _opened(path: bytes, within: bytes) -> Optional[_File]:
    """A regular file that really lies in the folder, whatever links lead to it."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    except (OSError, ValueError):
        return None
    about = os.fstat(fd)
    if stat.S_ISREG(about.st_mode) and _real(fd, path).startswith(within.rstrip(b"/") + b"/"):
        return _File(fd, about)
    os.close(fd)
    return None


def _real(fd: int, path: bytes) -> bytes:
    try:
        return os.readlink(b"/proc/self/fd/%d" % fd)
    except OSError:
        return os.path.realpath(path)


def _accepts(header: str, encoding: str) -> bool:
    for item in header.split(","):
        name, _, quality = item.partition(";")
        if name.strip().lower() == encoding:
            return not re.fullmatch(r"\s*q\s*=\s*0(\.0*)?\s*", quality)
    return False


def _answer(found: _File, path: bytes, method: str, header: Header) -> Reply:
    headers = [
        ("ETag", found.tag),
        ("Last-Modified", found.changed),
        ("Cache-Control", FOREVER if HASHED.search(path) else ASK_AGAIN),
        ("Vary", "Accept-Encoding"),
    ]
    if _is_known(found, header):
        os.close(found.fd)
        return Reply(304, headers)
    headers.append(("Content-Type", _type_of(path[path.rfind(b"/") + 1 :][-LONGEST:])))
    headers.append(("Accept-Ranges", "bytes"))
    if found.encoding:
        headers.append(("Content-Encoding", found.encoding))
    size = found.about.st_size
    wanted = _range(header("range"), size) if method == "GET" and _is_same(found, header("if-range")) else None
    if wanted is not None and wanted[0] >= wanted[1]:
        os.close(found.fd)
        return Reply(416, [("Content-Range", "bytes */%d" % size), ("Content-Length", "0")])
    status, (start, end) = (200, (0, size)) if wanted is None else (206, wanted)
    if wanted is not None:
        headers.append(("Content-Range", "bytes %d-%d/%d" % (start, end - 1, size)))
    headers.append(("Content-Length", str(end - start)))
    if method == "HEAD" or start == end:
        os.close(found.fd)
        return Reply(status, headers)
    return Reply(status, headers, found.fd, start, end - start)


def _is_known(found: _File, header: Header) -> bool:
    """Whether the client has it (RFC 9110, 13.1). Its time must be the very same: a rollback brings an older one."""
    tags = header("if-none-match")
    if tags:
        listed = [tag.strip() for tag in tags.split(",")]
        return "*" in listed or found.tag in [tag.removeprefix("W/") for tag in listed]
    return header("if-modified-since") == found.changed


def _is_same(found: _File, condition: str) -> bool:
    return condition in ("", found.tag, found.changed)


def _range(header: str, size: int) -> Optional[Tuple[int, int]]:
    """First byte and the one behind the last; None for the whole file, which is what several ranges get too."""
    match = re.fullmatch(r"\s*bytes\s*=\s*(\d{0,18})-(\d{0,18})\s*", header, re.ASCII | re.IGNORECASE)
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        return (max(0, size - int(last)), size) if int(last) else (size, size)
    if last and int(last) < int(first):
        return None
    return int(first), min(size, int(last) + 1) if last else size


@lru_cache(maxsize=1024)
def _type_of(name: bytes) -> str:
    kind, encoding = _TYPES.guess_type(os.fsdecode(name).replace(":", "_"))
    if encoding is not None:
        return {"gzip": "application/gzip", "bzip2": "application/x-bzip2"}.get(encoding, "application/octet-stream")
    if kind is None:
        return "application/octet-stream"
    return kind + "; charset=utf-8" if kind.startswith("text/") else kind
