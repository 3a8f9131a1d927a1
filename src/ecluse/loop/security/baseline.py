"""The baseline: what somebody answers for, until when. A file of the commit, so that who changes it is seen. Pure."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from ecluse.model.finding import Accepted, legible
from ecluse.model.problem import Place, Problem, ProblemError

TABLE = "accepted"
WANTED = ("fingerprint", "reason", "who", "until")
KNOWN = (*WANTED, "scanner", "what")
HEAD = """\
# What `ecluse run security` found, and somebody answers for until a day (UTC); from the next one on it counts again.
# Written by `ecluse security baseline`; an entry that accepts nothing is told.
"""


def decoded(data: bytes, file: str) -> str:
    """ProblemError V024 for what isn't UTF-8."""
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise ProblemError(_unreadable(file, str(error))) from error


def read(text: str, file: str) -> tuple[Accepted, ...]:
    """ProblemError V024 for what is no TOML, V025 for each entry that isn't whole: an entry that is passed over would
    accept nothing, and one that is guessed at too much."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProblemError(_unreadable(file, str(error))) from error
    entries = document.get(TABLE, [])
    if set(document) - {TABLE} or not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        raise ProblemError(_unreadable(file, f"it holds something else than [[{TABLE}]]"))
    problems = [problem for number, one in enumerate(entries, 1) for problem in _faults(one, number, file)]
    if problems:
        raise ProblemError(*problems)
    return tuple(Accepted(**one) for one in entries)


def added(text: str, entries: Iterable[Accepted], file: str) -> str:
    """`text` with more entries; one for the same fingerprint takes the place of what was there. Comments stay.
    ProblemError as `read`: nothing is written into what can't be read."""
    import tomlkit  # noqa: PLC0415  only a change pays for it
    from tomlkit.items import AoT  # noqa: PLC0415

    before = read(text, file)
    fresh = {entry.fingerprint: entry for entry in entries}
    document = tomlkit.parse(text or HEAD)
    there = document.get(TABLE)
    if not isinstance(there, AoT):
        fresh = {entry.fingerprint: entry for entry in before} | fresh
        there = tomlkit.aot()
        document[TABLE] = there
    for index in reversed(range(len(there))):
        if there[index].get("fingerprint") in fresh:
            del there[index]
    for entry in fresh.values():
        table = tomlkit.table()
        for name in ("fingerprint", "scanner", "what", "reason", "who", "until"):
            table[name] = getattr(entry, name)
        there.append(table)
    return tomlkit.dumps(document)


def entries(
    report: Mapping[str, Any], fingerprints: Sequence[str], *, reason: str, who: str, until: date
) -> tuple[Accepted, ...]:
    """For what a report (`report.document`) has open, or for some of it. ProblemError V027 for a fingerprint that is
    none of those."""
    there = {one["fingerprint"]: one for one in (*report["findings"], *report["not_checked"])}
    if strange := [name for name in fingerprints if name not in there]:
        raise ProblemError(*(_strange(name) for name in strange))
    return tuple(
        Accepted(fingerprint=name, scanner=one["scanner"], what=what(one), reason=reason, who=who, until=until)
        for name, one in there.items()
        if not fingerprints or name in fingerprints
    )


def require_future(until: date, today: date) -> None:
    """ProblemError V026."""
    if until < today:
        raise ProblemError(
            Problem(
                code="V026",
                what=f"{until} is over: an entry until then accepts nothing",
                state="nothing was written",
                fix="name a day to come",
            )
        )


def what(one: Mapping[str, Any]) -> str:
    """Of a finding, or something not checked, as a report has it: for people."""
    place = legible(one["place"]) or "all of it"
    where = f"{place}:{one['line']}" if one.get("line") else place
    return f"{one.get('rule', 'not checked')}, {where}"


def _strange(name: str) -> Problem:
    return Problem(
        code="V027",
        what=f"nothing that is open has the fingerprint {name}",
        state="nothing was written",
        fix="`ecluse security` shows what is open, with its fingerprints",
    )


def _faults(entry: dict[str, Any], number: int, file: str) -> Iterable[Problem]:
    named = f"entry {number}"
    for name in WANTED:
        if name not in entry:
            yield _wrong(file, f"{named} has no `{name}`", f"add {name} = {'2027-01-31' if name == 'until' else '…'}")
    for name, value in entry.items():
        if name not in KNOWN:
            yield _wrong(file, f"{named} has an unknown key {name!r}", f"keys are: {', '.join(KNOWN)}")
        elif name == "until" and (not isinstance(value, date) or isinstance(value, datetime)):
            yield _wrong(file, f"{named}: `until` is no day", "write it without quotes: until = 2027-01-31")
        elif name != "until" and not (isinstance(value, str) and (value.strip() or name not in WANTED)):
            yield _wrong(file, f"{named}: `{name}` says nothing", "write it as text")


def _unreadable(file: str, why: str) -> Problem:
    return Problem(
        code="V024",
        where=Place(file=file),
        what="the security baseline can't be read",
        evidence=(why,),
        state="nothing is taken as accepted",
        fix=f"mend it; it holds [[{TABLE}]] tables with {', '.join(WANTED)}",
    )


def _wrong(file: str, what: str, fix: str) -> Problem:
    return Problem(code="V025", where=Place(file=file), what=what, state="nothing is taken as accepted", fix=fix)
