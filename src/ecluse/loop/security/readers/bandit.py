"""bandit's JSON (`--format json`)."""

from __future__ import annotations

from typing import Any

from ecluse.loop.security.readers.reading import Printed, Told, UnreadableError, one_line, plain
from ecluse.model.finding import Finding, Unchecked
from ecluse.model.security import Scanner, Severity

UNSURE = "LOW"
QUOTING = "hardcoded_password"
"""What the tests are called whose text ends in the password itself."""
_FOUND = 1


def read(printed: Printed) -> Told:
    """A finding of which bandit itself is unsure counts one severity less. A file that it can't parse isn't checked."""
    document = printed.document(dict, (0, _FOUND))
    try:
        findings = tuple(_finding(one, printed) for one in document["results"])
        unchecked = tuple(
            Unchecked(scanner=Scanner.CODE, place=plain(one["filename"]), why=one_line(one["reason"]))
            for one in document["errors"]
        )
        unseen = set(printed.paths) - {plain(path) for path in document["metrics"]} - {one.place for one in unchecked}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnreadableError(f"its report lacks something: {error}") from error
    missed = (Unchecked(scanner=Scanner.CODE, place=path, why="bandit left it out") for path in sorted(unseen))
    return Told(findings, (*unchecked, *missed))


def _finding(one: dict[str, Any], printed: Printed) -> Finding:
    path, line = plain(one["filename"]), int(one["line_number"])
    severity = _severity(one["issue_severity"])
    return Finding(
        scanner=Scanner.CODE,
        rule=one["test_id"],
        severity=severity.lowered if one["issue_confidence"] == UNSURE else severity,
        message=_message(one),
        place=path,
        line=line,
        url=one.get("more_info") or "",
        anchor=printed.line(path, line).strip(),
    )


def _message(one: dict[str, Any]) -> str:
    text = one_line(one["issue_text"])
    return text.partition(":")[0] if one["test_name"].startswith(QUOTING) else text


def _severity(name: str) -> Severity:
    """UNDEFINED is what a plugin didn't say."""
    return Severity.MEDIUM if name == "UNDEFINED" else Severity(name.lower())
