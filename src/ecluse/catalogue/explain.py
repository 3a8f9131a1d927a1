"""What a Problem code means, told to a person: what is wrong, why, what to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from textwrap import fill
from typing import Any

from ecluse.catalogue.families import EXITS, FAMILIES
from ecluse.catalogue.finding import CODE, Known, known_codes, known_problems
from ecluse.catalogue.why import WHY
from ecluse.model.problem import Problem, ProblemError
from ecluse.model.suggestion import nearest

WIDTH = 100
EVIDENCE = "read the log of the step that it stands at, and mend what it names"


def code_in(name: str) -> str:
    """The code that was typed: `D021`, `d021` or `[D021]`; empty for what has no such shape."""
    code = name.strip("[] ").upper()
    return code if CODE.fullmatch(code) else ""


def find(code: str) -> list[Known]:
    """All that has this code; texts that are made as they are told are left out. None: ProblemError U002."""
    found = known_problems(code=code)
    if not found:
        raise ProblemError(_unknown(code))
    return [one for one in found if one.what] or found


def _unknown(code: str) -> Problem:
    codes = known_codes()
    family = [one for one in codes if one[0] == code[0]]
    near = nearest(code, family)
    hint = f"did you mean '{near}'? " if near else ""
    return Problem(
        code="U002",
        what=f"no Problem of this version has the code '{code}'",
        fix=f"{hint}those of {FAMILIES[code[0]].lower()} are {', '.join(family)}",
    )


def as_text(code: str, found: Iterable[Known]) -> str:
    lines = [f"{code}  {FAMILIES[code[0]]}"]
    for one in found:
        lines += _lines(one)
    if code in WHY:
        lines.append(_wrapped("why:    ", WHY[code]))
    return "\n".join(lines)


def _lines(one: Known) -> Iterator[str]:
    if one.what:
        yield _wrapped("", one.what)
    if one.state:
        yield _wrapped("then:   ", one.state, indent=4)
    if one.exit is None or one.fix:
        yield _wrapped("to do:  ", one.fix or EVIDENCE, indent=4)
    if one.exit is not None:
        yield _wrapped("exit:   ", f"{int(one.exit)} ({EXITS[one.exit]})", indent=4)


def _wrapped(label: str, text: str, indent: int = 2) -> str:
    begin = " " * indent + label
    return fill(text, WIDTH, initial_indent=begin, subsequent_indent=" " * len(begin), break_on_hyphens=False)


def as_document(code: str, found: Iterable[Known]) -> dict[str, Any]:
    """The same as JSON. Parts in ‹› are filled in when it is told."""
    problems = [
        {"what": one.what, "state": one.state, "fix": one.fix, "exit": None if one.exit is None else int(one.exit)}
        for one in found
    ]
    return {"code": code, "family": FAMILIES[code[0]], "why": WHY.get(code, ""), "problems": problems}
