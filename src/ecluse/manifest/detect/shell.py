"""A command line taken apart: lists, folders, variables, and the programs that only start another one."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import field
from pathlib import PurePosixPath

from ecluse.model.values import frozen

ENDS = re.compile(r"[;&|\n]+")
ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)
DEFAULT = re.compile(r"\$\{([A-Za-z_]\w*):?-([^{}]*)\}")
"""`${NAME:-value}`"""
NAME = re.compile(r"\$\{(\w+)\}|\$(\w+)")

PLAIN = frozenset(("exec", "env", "nohup", "time", "command", "tini", "dumb-init", "catchsegv", "nice", "setsid",
                   "then", "else", "do", "if", "!", "ddtrace-run", "opentelemetry-instrument"))  # fmt: skip
"""Programs and words that only start what follows."""
AS_USER = frozenset(("gosu", "su-exec"))
"""`NAME USER PROGRAM …`"""
RUNNERS = frozenset(("uv", "poetry", "pdm", "pipenv", "hatch", "rye", "pixi"))
"""`NAME run PROGRAM …`"""
VALUED = frozenset(("--with", "--extra", "--group", "--python", "-p", "--env-file", "--package", "--project", "-e",
                    "-C", "--directory", "--index-url", "--index"))  # fmt: skip
"""Options of those that take a word."""
SHELLS = frozenset(("sh", "bash", "ash", "dash", "zsh"))


@frozen
class Command:
    """`words` begin with the program itself; `folder` is where a `cd` led, None when none did."""

    words: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    folder: str | None = None

    @property
    def program(self) -> str:
        return PurePosixPath(self.words[0]).name


MOST = 400
"""Lines of a script that are read: what starts a server is short."""


def commands(text: str, known: Mapping[str, str] | None = None) -> Iterator[Command]:
    """The commands of a line or script in order, `sh -c` and `… run` taken off; `known` are variables with values."""
    values, folder = dict(known or {}), None
    for as_written in simple(DEFAULT.sub(default, re.sub(r"\\\n", " ", text))):
        words, env = without_prefix(tuple(filled(word, values) for word in as_written))
        if not words:
            values |= env
            continue
        if words[0] == "cd" and len(words) > 1:
            folder = str(PurePosixPath(folder or ".") / words[1])
            continue
        inner = shell_text(words)
        if inner is not None:
            for command in commands(inner, values):
                yield Command(words=command.words, env={**env, **command.env}, folder=command.folder or folder)
        else:
            yield Command(words=words, env={**values, **env}, folder=folder)


def default(match: re.Match[str]) -> str:
    """`${NAME:-value}` is that value, unless it is the port."""
    return "$PORT" if match.group(1) == "PORT" else match.group(2).strip("\"'")


def filled(word: str, values: Mapping[str, str]) -> str:
    """A word with the variables that are known."""
    return NAME.sub(lambda match: values.get(match.group(1) or match.group(2), match.group()), word)


def simple(text: str) -> Iterator[tuple[str, ...]]:
    """Words of each simple command; redirections and what can't be read are left out."""
    for line in text.splitlines()[:MOST]:
        found: list[str] = []
        for word in tokens(line) if not line.lstrip().startswith("#") else ():
            if not ENDS.fullmatch(word):
                found.append(word)
                continue
            yield tuple(found)
            found = []
        yield tuple(found)


def tokens(line: str) -> list[str]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars=";&|")
    lexer.whitespace_split, lexer.commenters = True, ""
    try:
        return list(lexer)
    except ValueError:
        return line.split()


def without_prefix(words: tuple[str, ...]) -> tuple[tuple[str, ...], dict[str, str]]:
    """The program with its arguments, and what is set for it."""
    env: dict[str, str] = {}
    while words:
        name = PurePosixPath(words[0]).name
        if words[0] == "export" or name in PLAIN:
            words = words[1:]
        elif match := ASSIGNMENT.fullmatch(words[0]):
            env[match.group(1)] = match.group(2)
            words = words[1:]
        elif words[0].startswith("-"):  # an option of what was taken off
            words = words[1:]
        elif name in AS_USER:
            words = words[2:]
        elif name in RUNNERS and "run" in words[1:]:
            words = after_run(words)
        elif name.startswith("wait-for") or name in {"dockerize", "newrelic-admin"}:
            words = words[words.index("--") + 1 :] if "--" in words else words[2:] if "run-program" in words else ()
        else:
            return words, env
    return (), env


def after_run(words: tuple[str, ...]) -> tuple[str, ...]:
    rest = words[words.index("run") + 1 :]
    while rest and rest[0].startswith("-"):
        rest = rest[2:] if rest[0] in VALUED else rest[1:]
    return rest


def shell_text(words: tuple[str, ...]) -> str | None:
    """What a shell is given as text; None when it isn't."""
    if PurePosixPath(words[0]).name not in SHELLS:
        return None
    flags = [index for index, word in enumerate(words[1:], 1) if re.fullmatch(r"-[a-z]*c", word)]
    return words[flags[0] + 1] if flags and len(words) > flags[0] + 1 else None
