"""Secrets are masked on the stream, before any sink sees a byte: in every form that `model.forms` knows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from ecluse.model.maskable import Form, is_maskable

MASKED = b"[secret]"
_MOST_PAIRS = 3
_LEAST = 3
"""Bytes; at one of the two places a shorter form has no whole pair."""
_NO_SURROGATES = bytes([*range(0xD8), *range(0xF8, 0x100), *range(0xE0, 0x100)])
"""UTF-16 must not take two of our pairs for one character; F8 to FF, taken for D8 to DF, are in no UTF-8 text."""


def masked(data: bytes, secrets: Iterable[str]) -> bytes:
    """All of `data`, without a secret in it."""
    mask = Mask(secrets)
    return mask.feed(data) + mask.rest()


def unmaskable(secrets: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Of names and values: the names of what is too short to be masked, sorted. An empty value is no secret."""
    return tuple(sorted({name for name, value in secrets if value and not is_maskable(value)}))


class Mask:
    """Replaces secrets in a stream that arrives in pieces; holds back no more than an unfinished match.

    What overlaps is masked as one. Never holds more than the longest form and a byte.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self._finder = finder_for(secrets)
        self._held = b""
        self._told = 0
        """So many bytes at the beginning of what is held are masked and shown as such."""

    @property
    def holds_lines(self) -> bool:
        """Whole lines wait for the end of an unfinished match."""
        return b"\n" in self._held

    def feed(self, data: bytes) -> bytes:
        """What may be shown now."""
        return self._show(self._held + data) if self._finder else data

    def lines(self) -> bytes:
        """The whole lines that were held back. The rest of a match that spans them is known by its own lines."""
        end = self._held.rfind(b"\n") + 1
        held, self._held = self._held, self._held[:end]
        shown = self.rest()
        self._held = held[end:]
        return shown

    def rest(self) -> bytes:
        """What was held back; the stream is over."""
        return self._show(self._held, is_all=True) if self._finder else b""

    def _show(self, data: bytes, *, is_all: bool = False) -> bytes:
        """All that is decided, and the end of a match that reaches beyond it."""
        assert self._finder  # noqa: S101 (both callers have asked)
        spans, undecided = self._finder.look(data)
        until = len(data) if is_all else undecided
        shown, at = [], self._told
        for start, end in spans:
            if start >= max(until, at):  # a longer one may begin before it
                break
            if start >= at:
                shown += [data[at:start], MASKED]
            at = max(at, end)
        shown.append(data[at:until])
        self._held = data[until:]
        self._told = max(0, at - until)
        return b"".join(shown)


class Finder:
    """Looks for all forms at once.

    Python's `re` tries the branches of an alternation one after the other, wherever one may begin: with the forms of
    20 secrets that is almost everywhere. So the stream is read as UTF-16, two bytes a character, in which a set of
    characters is a set of pairs, and few places of ordinary output have the pairs with which a form begins, at an even
    place or an odd one. Only those are compared.
    """

    def __init__(self, forms: Iterable[Form]) -> None:
        forms = frozenset(form for form in forms if len(form.core) >= _LEAST)
        self.longest = max((len(form.core) for form in forms), default=0)
        self._heads: dict[bytes, list[Form]] = {}
        for form in forms:
            for head in (form.core[:1], form.core[:2]):
                self._heads.setdefault(head, []).append(form)
        by_pairs = {pairs: [form.core for form in forms if _pairs(form) == pairs] for pairs in map(_pairs, forms)}
        self._filters = [_filter(cores, pairs) for pairs, cores in sorted(by_pairs.items())]

    def look(self, data: bytes) -> tuple[list[tuple[int, int]], int]:
        """Where forms are, sorted (they may overlap), and where the longest tail begins that may go on as one."""
        spans, undecided = set(), len(data)
        for at in self._places(data):
            for form in self._heads.get(data[at : at + 2], ()):
                end = at + len(form.core)
                if data.startswith(form.core, at):
                    spans.add((_start(form, data, at), end + (end < len(data) and data[end] in form.after)))
                if end + bool(form.after) > len(data) and form.core.startswith(data[at:]):
                    undecided = min(undecided, _start(form, data, at))
        return sorted(spans), undecided

    def finds(self, data: bytes) -> bool:
        return bool(self.look(data)[0])

    def _places(self, data: bytes) -> set[int]:
        """Where a form may begin: all places that are too near to the end for the filters among them."""
        pairs = (data + b"\0" if len(data) % 2 else data).translate(_NO_SURROGATES).decode("utf-16-le")
        hits = [2 * hit.start() for pattern in self._filters for hit in pattern.finditer(pairs)]
        near = range(max(0, len(data) - 2 * _MOST_PAIRS), len(data))
        return {*near, *hits, *[hit - 1 for hit in hits if hit]}


def _start(form: Form, data: bytes, at: int) -> int:
    return at - 1 if at and data[at - 1] in form.before else at


def _pairs(form: Form) -> int:
    """So many pairs of it are whole, wherever it begins."""
    return min(_MOST_PAIRS, (len(form.core) - 1) // 2)


def _filter(cores: Iterable[bytes], pairs: int) -> re.Pattern[str]:
    known = [core.translate(_NO_SURROGATES) for core in cores]
    sets = ["".join(sorted({_escaped(core[at + skip : at + skip + 2]) for core in known for skip in (0, 1)}))
            for at in range(0, 2 * pairs, 2)]  # fmt: skip
    first, *others = [f"[{characters}]" for characters in sets]
    return re.compile(f"{first}(?={''.join(others)})")


def _escaped(pair: bytes) -> str:
    return f"\\u{int.from_bytes(pair, 'little'):04x}"


def finder_for(secrets: Iterable[str]) -> Finder | None:
    """None where there is nothing to look for."""
    maskable = frozenset(filter(is_maskable, secrets))
    return _finder(maskable) if maskable else None


@lru_cache(maxsize=8)
def _finder(secrets: frozenset[str]) -> Finder:
    """Made once: each step of a run has the same."""
    from ecluse.model.forms import forms_of  # noqa: PLC0415 (most commands have no secret, and start without it)

    return Finder(form for secret in secrets for form in forms_of(secret))
