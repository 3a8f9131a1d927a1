"""What a command line that serves says: `gunicorn -w 3 app.wsgi:application --chdir src`."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import PurePosixPath

from ecluse.manifest.detect.facts import Fact, Kind
from ecluse.manifest.detect.folders import home
from ecluse.manifest.detect.tree import Tree

SERVERS = {
    "gunicorn": Kind.WSGI,
    "waitress-serve": Kind.WSGI,
    "uvicorn": Kind.ASGI,
    "hypercorn": Kind.ASGI,
    "daphne": Kind.ASGI,
    "granian": Kind.WSGI,
}
"""Programs whose arguments name an app, and the interface it then has."""

TARGET = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*(\(.*\))?")


def serving(
    tree: Tree, command: str, file: str, line: int, confidence: float, around: tuple[str, ...] = (".",)
) -> Iterator[Fact]:
    """The app that a known server is given; for an unknown program, the command itself.

    `around` are the folders in which it runs and imports, before the command line itself says otherwise.
    """
    words = split(command)
    known = next((word for word in words if word.rpartition("/")[2] in SERVERS), "")
    if not known:
        if "$PORT" in command or "${PORT" in command:
            yield Fact(
                kind=Kind.COMMAND, value=command, file=file, line=line, confidence=confidence - 0.3, label="port"
            )
        return
    rest = words[words.index(known) + 1 :]
    target = next((word for word in rest if TARGET.fullmatch(word)), "")
    if not target and known.endswith("gunicorn"):
        module = next((word for word in reversed(rest) if re.fullmatch(r"[A-Za-z_]\w*(\.\w+)+", word)), "")
        target = f"{module}:application" if module else ""
    if number := count(rest):
        yield Fact(kind=Kind.COUNT, value=number, file=file, line=line, confidence=confidence)
    if target:
        folders = (*imports_from(words[: words.index(known)], rest), *around)
        yield Fact(kind=interface(known, rest), value=called(target, rest), file=file, line=line,
                   confidence=confidence, folder=home(tree, target.partition(":")[0], folders))  # fmt: skip


def imports_from(before: list[str], rest: list[str]) -> Iterator[str]:
    """The folders that a command line names: by `cd`, by a variable, by the server's options (gunicorn's
    `--pythonpath` takes several)."""
    base = after([*rest, *before], ("--chdir", "--working-dir", "cd")) or "."
    paths = after(rest, ("--app-dir", "--pythonpath")) or after(before, ("PYTHONPATH",))
    yield from (str(PurePosixPath(base) / path) for path in re.split(r"[,:]", paths) if path)
    yield base


def interface(server: str, words: list[str]) -> Kind:
    kind = SERVERS[server.rpartition("/")[2]]
    asynchronous = any("uvicorn" in word.lower() or word.lower().startswith("asgi") for word in words)
    return Kind.ASGI if asynchronous else kind


def called(target: str, words: list[str]) -> str:
    return f"{target}()" if {"--factory", "--call"} & set(words) and not target.endswith(")") else target


def after(words: list[str], options: tuple[str, ...]) -> str:
    """The value of an option in either spelling, empty when it isn't given."""
    for index, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name in options:
            return value if equals else "".join(words[index + 1 : index + 2])
    return ""


def count(words: list[str]) -> str:
    """The number after `-w` or `--workers`; empty where none, one, or a variable stands."""
    joined = next((word[2:] for word in words if re.fullmatch(r"-w\d+", word)), "")
    given = joined or after(words, ("-w", "--workers"))
    return given if given.isdecimal() and int(given) > 1 else ""


def split(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:
        return command.split()
