"""checkov's JSON (`--output json`): one document, or a list with one for each framework."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ecluse.loop.security.readers.reading import Printed, Told, UnreadableError, one_line, plain
from ecluse.model.finding import Finding, Unchecked
from ecluse.model.security import Scanner, Severity

_FOUND = 1


def read(printed: Printed, scanner: Scanner) -> Told:
    """checkov tells no severities but to those who have an account: each finding is `medium`. Of files that it has no
    question about (variables alone, a custom resource) it prints a summary and no report."""
    document = printed.document((dict, list), (0, _FOUND))
    reports = document if isinstance(document, list) else [document]
    try:
        mine = [report for report in reports if report.get("check_type") == scanner.value]
        if not mine and not _has_nothing(reports):
            raise UnreadableError(f"it says nothing of {scanner}")
        findings = tuple(
            _finding(one, scanner, printed.paths) for report in mine for one in report["results"]["failed_checks"]
        )
        unchecked = tuple(_unparsed(mine, printed, scanner))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnreadableError(f"its report lacks something: {error}") from error
    return Told(findings, unchecked)


def _has_nothing(reports: list[dict[str, Any]]) -> bool:
    only, *others = reports or [{}]
    is_bare = not others and "check_type" not in only
    return is_bare and only["parsing_errors"] == only["resource_count"] == 0


def _unparsed(reports: list[dict[str, Any]], printed: Printed, scanner: Scanner) -> Iterator[Unchecked]:
    for report in reports:
        named = report["results"].get("parsing_errors", [])
        for path in named:
            yield Unchecked(scanner=scanner, place=_within(path, printed.paths), why="checkov can't parse it")
        if int(report["summary"]["parsing_errors"]) > len(named):
            yield Unchecked(scanner=scanner, why="checkov can't parse some of the files, and doesn't say which")


def _within(path: str, paths: tuple[str, ...]) -> str:
    """An absolute path as that of the tree that it ends in."""
    return next((one for one in sorted(paths, key=len, reverse=True) if path.endswith(f"/{one}")), plain(path))


def _finding(one: dict[str, Any], scanner: Scanner, paths: tuple[str, ...]) -> Finding:
    """Its `file_path` counts from the file's own folder."""
    return Finding(
        scanner=scanner,
        rule=one["check_id"],
        severity=Severity(one["severity"].lower()) if one.get("severity") else Severity.MEDIUM,
        message=one_line(f"{one['resource']}: {one['check_name']}"),
        place=_within(one["file_abs_path"], paths),
        line=int(one["file_line_range"][0]),
        url=one.get("guideline") or "",
        anchor=str(one["resource"]),
    )
