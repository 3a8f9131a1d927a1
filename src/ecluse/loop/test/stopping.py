"""Whether a suite ends at its first failures, by the words of its command. Pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from ecluse.loop.test.addopts import VARIABLE, split
from ecluse.manifest.argv import SHELL
from ecluse.model.app import Argv

UNITTEST = re.compile(r"-[bchqv]*f.*|--failfast")
PYTEST = re.compile(r"-[hlqsv]*x.*|--exitfirst|--stepwise|--sw")
DJANGO = re.compile(r"--failfast")
AT_FIRST = {"pytest": PYTEST, "py.test": PYTEST, "unittest": UNITTEST, "xmlrunner": UNITTEST,
            "manage.py": DJANGO, "django-admin": DJANGO, "django": DJANGO}  # fmt: skip
"""By the program: the words by which it ends at the first failure. Letters of options may stand together: `-qx`."""
PYTESTS = frozenset(("pytest", "py.test"))
BANNER = re.compile(r"(?m)^!+ (?:[\w.]+: )?stopping after (\d+) failures !+$")
OTHERS = frozenset(("tox", "nox"))
"""Programs whose environments may have such a name, and whose `-x` is another one."""


def ends_after(command: Argv, addopts: Sequence[str] = ()) -> int:
    """The number of failures after which a suite that the command runs is ended; 0 when none is. `addopts` are those
    that pytest takes from elsewhere."""
    return min(filter(None, (limit(words, addopts) for words in simple(command))), default=0)


def said_to_end(output: str) -> int:
    """The same by pytest's own last words, for a command that doesn't name what it runs (`make test`)."""
    found = BANNER.search(output)
    return int(found[1]) if found else 0


def simple(command: Argv) -> Iterator[Sequence[str]]:
    """The words of each simple command; of a text that can't be read none."""
    if command[: len(SHELL)] != SHELL:
        yield command
        return
    for line in command[-1].replace("\\\n", " ").splitlines():
        found: list[str] = []
        for word in tokens(line):
            if set(word) <= set(";&|()"):
                yield found
                found = []
            else:
                found.append(word)
        yield found


def tokens(line: str) -> list[str]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars=";&|()")
    lexer.whitespace_split = True
    try:
        return list(lexer)
    except ValueError:
        return []


def limit(words: Sequence[str], addopts: Sequence[str] = ()) -> int:
    """What one command says of it; the last word counts."""
    names = [PurePosixPath(word).name for word in words]
    at = next((index for index, name in enumerate(names) if name in AT_FIRST), len(names))
    if at == len(names) or not OTHERS.isdisjoint(names[:at]):
        return 0
    more = (*addopts, *inline(words[:at])) if takes_addopts(words[at:]) else ()
    said = (*more, *words[at + 1 :])
    found = 0
    for word, following in zip(said, (*said[1:], ""), strict=False):
        option, _, number = word.partition("=")
        if AT_FIRST[names[at]].fullmatch(word):
            found = 1
        elif option == "--maxfail" and (number := number or following).isdecimal():
            found = int(number)
    return found


def takes_addopts(words: Sequence[str]) -> bool:
    """Whether these, from the runner on, are pytest's, and don't say otherwise."""
    instead = any(word.startswith(("addopts=", "-oaddopts=", "--override-ini=addopts=")) for word in words)
    return PurePosixPath(words[0]).name in PYTESTS and not instead


def inline(before: Sequence[str]) -> tuple[str, ...]:
    """`PYTEST_ADDOPTS=-x pytest`."""
    return next((split(word.partition("=")[2]) for word in before if word.startswith(f"{VARIABLE}=")), ())
