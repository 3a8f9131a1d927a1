"""The forms in which a secret may be printed: as it is, encoded, escaped, line by line. Pure."""

from __future__ import annotations

import html
import json
import shlex
from base64 import b64encode
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

from ecluse.model.maskable import Form, is_maskable

_LONG_LINE = 8
_WRAPS = (64, 76)
"""Characters in a line of PEM (RFC 7468) and of MIME (RFC 2045), which is also that of base64(1)."""
_PEM_FENCE = "-----"
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_KEPT_IN_URLS = ("", "/", "~!*'()", "~!*'();,/?:@&=+$#")
"""Of RFC 3986, of most libraries, and of JavaScript's encodeURIComponent and encodeURI."""


def forms_of(secret: str) -> frozenset[Form]:
    """All forms of a secret; none of one that is too short to be masked."""
    return frozenset(_forms_of(secret)) if is_maskable(secret) else frozenset()


def _forms_of(secret: str) -> Iterator[Form]:
    raw = _bytes(secret)
    for text in {secret, secret.strip(), *_lines(secret)}:
        yield from map(Form, _written(text))
    for line_end in ("\n", "\r\n") if "\n" in secret else ():
        yield from map(Form, _written(line_end.join(secret.splitlines())))
    for data in {raw, _bytes(secret.replace("\r\n", "\n")), _bytes(secret.strip())}:
        yield from _in_base64(data)
        yield from map(Form, _wrapped(data))


def _lines(secret: str) -> list[str]:
    """Those by which a secret of several lines is known. What fences a PEM text is no secret."""
    every = secret.splitlines()
    if every == [secret]:
        return []
    lines = [line for line in every if not line.startswith(_PEM_FENCE)]
    return [line for line in lines if len(line.strip()) >= _LONG_LINE] or [line for line in lines if is_maskable(line)]


def _written(text: str) -> set[bytes]:
    """As programs write a text: in URLs, JSON (also JSON in JSON), Python, shells and XML."""
    raw = _bytes(text)
    in_urls = {quote(raw, safe=kept) for kept in _KEPT_IN_URLS} | {quote_plus(raw)}
    in_json = {json.dumps(text, ensure_ascii=ascii_alone)[1:-1] for ascii_alone in (True, False)}
    in_json |= {one.replace("/", "\\/") for one in in_json}
    in_json |= {json.dumps(one, ensure_ascii=False)[1:-1] for one in in_json}
    in_python = {repr(text)[1:-1], repr(raw)[2:-1], text.replace("\\", "\\\\").replace("\n", "\\n")}
    in_shells = {shlex.quote(text).strip("'"), text.replace("'", "'\\''")}
    in_xml = {html.escape(text, quote=False), html.escape(text), *_in_attributes(text)}
    in_xml |= {one.encode("ascii", "xmlcharrefreplace").decode() for one in in_xml}
    texts = {text, *in_urls, *map(_lower_escapes, in_urls), *in_json, *in_python, *in_shells, *in_xml}
    return {_bytes(one) for one in texts}


def _in_attributes(text: str) -> Iterator[str]:
    """XML names quotes or numbers them, and numbers the end of a line."""
    for single in ("&apos;", "'", "&#39;"):
        named = html.escape(text, quote=False).replace('"', "&quot;").replace("'", single)
        yield named
        yield named.replace("\n", "&#10;")


def _lower_escapes(url: str) -> str:
    head, *escaped = url.split("%")
    return "%".join([head, *(one[:2].lower() + one[2:] for one in escaped)])


def _in_base64(data: bytes) -> Iterator[Form]:
    """At each of the three places that a byte can have in a group of three; both alphabets."""
    for place in range(3):
        whole = b64encode(bytes(place) + data).rstrip(b"=")
        first = whole[place : place + 1] if place else b""
        last = whole[-1:] if (place + len(data)) % 3 else b""
        core = whole[place + 1 if place else 0 : len(whole) - len(last)]
        before = _sharing_low(first, 6 - 2 * place) if first else b""
        after = _sharing_high(last, 2 * ((place + len(data)) % 3)) if last else b""
        for form in {core, core.translate(_URL_SAFE)}:
            yield Form(form, before, after)
        if in_url := quote(core, safe=""):
            yield from (Form(one, before, after) for one in {_bytes(in_url), _bytes(_lower_escapes(in_url))})


def _sharing_low(character: bytes, bits: int) -> bytes:
    """The characters that have the lowest `bits` of `character`, in both alphabets."""
    value, mask = _ALPHABET.index(character), (1 << bits) - 1
    return _of(number for number in range(64) if number & mask == value & mask)


def _sharing_high(character: bytes, bits: int) -> bytes:
    value, shift = _ALPHABET.index(character), 6 - bits
    return _of(number for number in range(64) if number >> shift == value >> shift)


def _of(numbers: Iterable[int]) -> bytes:
    plain = bytes(_ALPHABET[number] for number in numbers)
    return bytes(sorted({*plain, *plain.translate(_URL_SAFE)}))


def _wrapped(data: bytes) -> Iterator[bytes]:
    """A long one, and the lines in which it is written."""
    whole = b64encode(data)
    for width in _WRAPS:
        lines = [whole[at : at + width] for at in range(0, len(whole), width)]
        if len(lines) > 1:
            yield from (line_end.join(lines) for line_end in (b"\n", b"\r\n"))
            yield from (line for line in lines if len(line) >= _LONG_LINE)


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogateescape")
