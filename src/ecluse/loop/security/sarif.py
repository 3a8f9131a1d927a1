"""The findings as SARIF 2.1.0, one run for each scanner. What a scanner could not look at is a notification of its
invocation, which then was no success. Pure."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from ecluse.loop.security.judging import Judgement
from ecluse.model.finding import Accepted, Finding, Scan, Unchecked
from ecluse.model.security import Scanner, Severity

VERSION = "2.1.0"
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
ROOT = "%SRCROOT%"
FINGERPRINT = "ecluse/v1"
_LEVELS = {Severity.CRITICAL: "error", Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.LOW: "note"}
_SCORES = {Severity.CRITICAL: "9.5", Severity.HIGH: "8.0", Severity.MEDIUM: "5.5", Severity.LOW: "2.0"}
"""`security-severity` of GitHub's code scanning: from 9 critical, from 7 high, from 4 medium."""


def to_sarif(judgement: Judgement, listed_in: str) -> dict[str, Any]:
    """`listed_in` is the file that names the packages: a finding about one has no other place in the tree."""
    accepted = {found.fingerprint: entry for found, entry in judgement.accepted}
    return {
        "$schema": SCHEMA,
        "version": VERSION,
        "runs": [_run(scan, accepted, listed_in) for scan in judgement.scans],
    }


def _run(scan: Scan, accepted: Mapping[str, Accepted], listed_in: str) -> dict[str, Any]:
    rules = {finding.rule: finding for finding in reversed(scan.findings)}
    names = sorted(rules)
    return {
        "tool": {
            "driver": {
                "name": f"ecluse security {scan.scanner}",
                "fullName": f"ecluse security {scan.scanner}" + (f" ({scan.tool})" if scan.tool else ""),
                "rules": [_rule(rules[name]) for name in names],
            }
        },
        "automationDetails": {"id": f"ecluse-security/{scan.scanner}/"},
        "invocations": [
            {
                "executionSuccessful": not any(one.fingerprint not in accepted for one in scan.unchecked),
                "toolExecutionNotifications": [_notification(one, accepted) for one in scan.unchecked],
            }
        ],
        "results": [_result(one, names.index(one.rule), accepted, listed_in) for one in scan.findings],
        "columnKind": "unicodeCodePoints",
    }


def _rule(finding: Finding) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": finding.rule,
        "shortDescription": {"text": f"{finding.scanner} {finding.rule}"},
        "properties": {"security-severity": _SCORES[finding.severity], "tags": ["security", finding.scanner.value]},
    }
    if finding.url:
        told["helpUri"] = finding.url
    return told


def _result(finding: Finding, rule: int, accepted: Mapping[str, Accepted], listed_in: str) -> dict[str, Any]:
    is_package = _is_package(finding)
    at = f" (in the commit {finding.commit[:12]})" if finding.commit else ""
    told: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": _text(f"{finding.message}{at}")},
        "locations": [_location(listed_in if is_package else finding.place, finding.line, finding.place, is_package)],
        "partialFingerprints": {FINGERPRINT: finding.fingerprint},
    }
    if entry := accepted.get(finding.fingerprint):
        why = f"{entry.reason} ({entry.who}, until {entry.until})"
        told["suppressions"] = [{"kind": "external", "justification": why}]
    return told


def _location(path: str, line: int, name: str, is_package: bool) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": uri(path), "uriBaseId": ROOT}}
    physical["region"] = {"startLine": max(line, 1)}
    told: dict[str, Any] = {"physicalLocation": physical}
    if is_package:
        told["logicalLocations"] = [{"name": name, "kind": "package"}]
    return told


def _is_package(finding: Finding) -> bool:
    return finding.scanner in {Scanner.DEPENDENCIES, Scanner.LICENCES}


def _notification(one: Unchecked, accepted: Mapping[str, Accepted]) -> dict[str, Any]:
    entry = accepted.get(one.fingerprint)
    why = f"; accepted until {entry.until} by {entry.who}: {entry.reason}" if entry else ""
    return {
        "level": "note" if entry else "error",
        "message": {"text": _text(f"not checked: {one.where}: {one.why}{why}")},
    }


def uri(path: str) -> str:
    """A path relative to the root, as RFC 3986 wants it; a name's bytes that are no text too."""
    return quote(os.fsencode(path))


def _text(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
