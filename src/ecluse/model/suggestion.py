"""What a person probably meant by a word that names nothing."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(word: str, words: Iterable[str]) -> str:
    """The one of `words` that comes nearest, or nothing when none is near."""
    import difflib  # noqa: PLC0415  only mistakes need it

    return next(iter(difflib.get_close_matches(word, list(words), n=1)), "")


def suggest(word: str, words: Iterable[str]) -> str:
    """`did you mean 'x'?`, or nothing."""
    near = nearest(word, words)
    return f"did you mean '{near}'?" if near else ""
