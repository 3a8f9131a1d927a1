"""detect-secrets on a folder, with its own words: each distinct line once. Run by its interpreter, never by ours.

What it says of a line hangs on the line, on the suffix of the file's name and on whether the line before allows it
(`pragma: allowlist nextline secret`). In a history, most lines are in many contents.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from detect_secrets.core import scan
from detect_secrets.core.potential_secret import PotentialSecret
from detect_secrets.core.usage import ParserBuilder
from detect_secrets.settings import get_plugins

LINES = 1 << 17
"""That are remembered: tens of megabytes."""
PARTS = 4
"""For each process: those of one name, which have most lines in common, stay together, and none ends long before the
others."""
LEAST, LINE, FILE = 5.0, 1e-5, 1e-4
"""Seconds of processor time, and more for each character of a line or of a file that is read as INI or YAML: several
times the usual. Its expressions take the square of the length for some lines: for 300,000 spaces, hours."""

MANIFESTS = ("ecluse.toml", "pyproject.toml")
NAMES_A_VARIABLE = re.compile(r'\s*(?:token|username|password|sign_with)\s*=\s*"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)"')
"""As our manifest has it: it says where a secret is, and holds none."""

_of_lines, _transformed = scan._process_line_based_plugins, scan.get_transformed_file


class TediousError(Exception):
    """It took longer than that; the text says what."""


@contextmanager
def patient(seconds: float, what: str) -> Iterator[None]:
    """A search for an expression hears of signals, too."""

    def over(*_: object) -> None:
        raise TediousError(f"{what} takes too long to look at")

    signal.signal(signal.SIGVTALRM, over)
    signal.setitimer(signal.ITIMER_VIRTUAL, LEAST + seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


@lru_cache(maxsize=LINES)
def in_line(line: str, before: str, name: str) -> tuple[tuple[str, str], ...] | TediousError:
    """Kinds and secrets. Few lines interest a plugin, and only those have to pass all filters, some of which are slow.
    An exception would be forgotten, and met again in the next file."""
    try:
        with patient(LINE * len(line), "it"):
            if not any(plugin.analyze_line(filename=name, line=line) for plugin in get_plugins()):
                return ()
            lines = list(enumerate([before, line] if before else [line], start=1))
            return tuple(
                (one.type, one.secret_value) for one in _of_lines(lines, name) if one.line_number == len(lines)
            )
    except TediousError as error:
        return error


def each_once(lines: list[tuple[int, str]], filename: str) -> Iterator[PotentialSecret]:
    name, before = f"x{os.path.splitext(filename)[1]}", ""
    for number, line in lines:
        found = in_line(line.rstrip(), before if "nextline" in before else "", name)
        if isinstance(found, TediousError):
            raise TediousError(f"line {number}: {found}")
        for kind, secret in found:
            yield PotentialSecret(type=kind, filename=filename, secret=secret, line_number=number)
        before = line


def transformed(file: Any, use_eager_transformers: bool = False) -> Any:
    with patient(FILE * os.fstat(file.fileno()).st_size, "all of it"):
        return _transformed(file, use_eager_transformers)


def look(names: list[str]) -> list[tuple[str, list[dict[str, Any]], str]]:
    scan._process_line_based_plugins, scan.get_transformed_file = each_once, transformed
    return [(name, *in_file(name)) for name in names]


def in_file(name: str) -> tuple[list[dict[str, Any]], str]:
    """Its secrets, and why it wasn't looked at to its end."""
    found: dict[PotentialSecret, dict[str, Any]] = {}
    try:
        variables = variables_in(name)
        for one in scan.scan_file(name):
            if variables.get(one.line_number) != one.secret_value:
                found.setdefault(one, one.json())
    except TediousError as error:
        return list(found.values()), str(error)
    except Exception as error:  # noqa: BLE001  its text may quote the line
        return list(found.values()), f"it can't be read: {type(error).__name__}"
    return list(found.values()), ""


def variables_in(name: str) -> dict[int, str]:
    """Names of variables in a manifest, by line."""
    if os.path.basename(name) not in MANIFESTS:
        return {}
    with open(name, encoding="utf-8", errors="replace") as file:
        named = ((number, NAMES_A_VARIABLE.match(line)) for number, line in enumerate(file, start=1))
        return {number: match[1] for number, match in named if match}


def main() -> None:
    ParserBuilder().add_console_use_arguments().parse_args()  # keeps its settings where it looks for them
    names = sorted((f"{folder}/{name}" for folder, _, names in os.walk(".") for name in names), key=os.path.basename)
    processes = min(os.cpu_count() or 1, len(names))
    size = -(-len(names) // (processes * PARTS))
    with ProcessPoolExecutor(processes, multiprocessing.get_context("fork")) as pool:
        looked = [one for told in pool.map(look, [names[at : at + size] for at in range(0, len(names), size)])
                  for one in told]  # fmt: skip
    results = {name: found for name, found, _ in looked if found}
    print(json.dumps({"results": results, "missed": {name: why for name, _, why in looked if why}}))


if __name__ == "__main__":
    main()
