"""What a program that ended said last: the exception of its traceback. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ecluse.loop.plan.trying.learn import Failure
from ecluse.manifest.detect.facts import Fact, Kind, values

TRACEBACK = "Traceback (most recent call last):"
EXCEPTION = re.compile(r"([A-Za-z_][\w.]*)(?:: (.*))?")
MISSING = re.compile(r"No module named '([\w.]+)'")
VARIABLE = re.compile(r"'([A-Z][A-Z0-9_]*)'")


def failure_in(output: Iterable[str], facts: tuple[Fact, ...]) -> Failure | None:
    """The failure that the last traceback ends with; None where there is none.

    A variable is one that the exception quotes, or one that the code reads and the message names.
    """
    lines = list(output)
    begins = [number for number, line in enumerate(lines) if TRACEBACK in line]
    if not begins:
        return None
    rest = lines[begins[-1] + 1 :]
    at = next((number for number, line in enumerate(rest) if line[:1].strip() and EXCEPTION.fullmatch(line)), None)
    if at is None:
        return None
    kind, first = EXCEPTION.fullmatch(rest[at]).groups(default="")  # type: ignore[union-attr]
    message = "\n".join([first, *rest[at + 1 :]])
    missing = MISSING.search(message) if kind.endswith("ModuleNotFoundError") else None
    quoted = VARIABLE.findall(message) if kind.rpartition(".")[2] == "KeyError" else []
    named = [name for name in values(facts, Kind.VARIABLE) if re.search(rf"\b{re.escape(name)}\b", message)]
    return Failure(
        kind=kind.rpartition(".")[2], message=message, module=missing.group(1) if missing else "",
        variables=tuple(dict.fromkeys((*quoted, *named))), refused=tuple(named), lines=tuple(lines),
    )  # fmt: skip
