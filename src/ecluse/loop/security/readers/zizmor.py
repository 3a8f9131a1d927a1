"""zizmor's JSON (`--format json-v1`)."""

from __future__ import annotations

from typing import Any

from ecluse.loop.security.readers.reading import Printed, Told, UnreadableError, one_line, plain
from ecluse.model.finding import Finding
from ecluse.model.security import Scanner, Severity


def read(printed: Printed) -> Told:
    """Run with `--strict-collection`: a workflow that can't be read ends it, and nothing is checked. What a comment in
    the workflow ignores is no finding."""
    document = printed.document(list)
    try:
        return Told(tuple(_finding(one) for one in document if not one["ignored"]))
    except (KeyError, TypeError, ValueError, AttributeError, StopIteration) as error:
        raise UnreadableError(f"its report lacks something: {error}") from error


def _finding(one: dict[str, Any]) -> Finding:
    at = next(place for place in one["locations"] if place["symbolic"]["kind"] == "Primary")
    start = at["concrete"]["location"]["start_point"]
    said = at["symbolic"].get("annotation") or ""
    return Finding(
        scanner=Scanner.WORKFLOWS,
        rule=one["ident"],
        severity=_severity(one["determinations"]["severity"]),
        message=one_line(f"{one['desc']}: {said}" if said and said != one["desc"] else one["desc"]),
        place=_path(at["symbolic"]["key"]),
        line=int(start["row"]) + 1,
        url=one["url"],
        anchor=one_line(at["concrete"]["feature"]),
    )


def _path(key: dict[str, Any]) -> str:
    local = key["Local"]
    return plain(local.get("verbatim_path") or local["given_path"])


def _severity(name: str) -> Severity:
    return Severity.LOW if name in {"Informational", "Unknown"} else Severity(name.lower())
