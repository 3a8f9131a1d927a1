"""Counts words. Put your own work in this place."""

import re
from collections import Counter
from collections.abc import Iterable

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")


def tally(lines: Iterable[str]) -> Counter[str]:
    """How often each word stands there, whatever its case."""
    return Counter(word.casefold() for line in lines for word in _WORD.findall(line))
