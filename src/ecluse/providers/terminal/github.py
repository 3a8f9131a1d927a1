"""What the log of GitHub Actions understands (Workflow commands for GitHub Actions)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from html import escape
from pathlib import Path
from secrets import token_hex

from ecluse.model.problem import Problem
from ecluse.providers.terminal.folding import Row

MOST = 9
"""Annotations of one step are 10 at most (its limit)."""
_PLACE = re.compile(r"\s*(?P<file>[\w./+-]+\.\w+):(?P<line>\d+)(?::(?P<column>\d+))?:?\s+(?P<what>\S.*)")
"""As compilers, linters and type checkers print it."""


class GithubFolds:
    """Fills Folds. What a step prints is never a command: it could hide lines or change the job."""

    def __init__(self, summary: Path | None, token: Callable[[], str] = lambda: token_hex(16)) -> None:
        """`summary` is the file of the job's summary; `token` makes words that nobody can guess."""
        self._summary, self._make_token = summary, token
        self._token = ""

    def opened(self, name: str) -> str:
        self._token = self._make_token()
        return f"::group::{data(name)}\n::stop-commands::{self._token}\n"

    def closed(self, name: str) -> str:  # noqa: ARG002
        return f"::{self._token}::\n::endgroup::\n"

    def failed(self, row: Row, lines: tuple[str, ...]) -> str:
        """The failure itself, and the places in files that its output names."""
        own = f"::error title={property_(row.name)}::{data(row.detail or 'failed')}\n"
        return own + "".join(places(row.name, lines))

    def summed_up(self, rows: tuple[Row, ...]) -> None:
        if self._summary is not None:
            with self._summary.open("a", encoding="utf-8") as file:
                file.write(table(rows))


def annotation(problem: Problem) -> str:
    """A Problem where it is, for the log and beside the file."""
    where = problem.where
    told = [f"title={property_(problem.code)}"]
    if where is not None:
        told.append(f"file={property_(where.file)}")
        told += [f"line={where.line}"] if where.line else []
        told += [f"col={where.column}"] if where.column else []
    return f"::error {','.join(told)}::{data(f'{problem.what}; fix: {problem.fix}')}\n"


def places(title: str, lines: Sequence[str]) -> Iterator[str]:
    found = [match for line in lines if (match := _PLACE.fullmatch(line))]
    for match in found[:MOST]:
        column = f",col={match['column']}" if match["column"] else ""
        where = f"file={property_(match['file'])},line={match['line']}{column}"
        yield f"::error {where},title={property_(title)}::{data(match['what'])}\n"


def table(rows: Sequence[Row]) -> str:
    """Markdown (GitHub Flavored Markdown, tables)."""
    lines = ["| | | | |", "|---|---|---|---|"]
    lines += [
        f"| {'✅' if row.ok else '❌'} | {_cell(row.name)} | {_cell(row.took)} | {_cell(row.detail)} |" for row in rows
    ]
    return "\n".join(lines) + "\n\n"


def _cell(text: str) -> str:
    """As entities, which mean nothing to Markdown: before a bar that has a backslash already, another one frees it."""
    return re.sub(r"[\\|`\[\]*_~]", lambda found: f"&#{ord(found[0])};", escape(" ".join(text.split())))


def data(text: str) -> str:
    """Text in the place of a command's message."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def property_(text: str) -> str:
    return data(text).replace(":", "%3A").replace(",", "%2C")
