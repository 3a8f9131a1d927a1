"""Everything about one run of the gate, as a document with stable keys. Pure."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import Any

from ecluse.loop.security.judging import Judgement
from ecluse.loop.security.sarif import to_sarif
from ecluse.model.finding import Accepted, Finding, Scan, Unchecked
from ecluse.model.security import OUTPUTS

SARIF, JSON = (PurePosixPath(path).name for path in OUTPUTS)


def documents(judgement: Judgement, commit: str, listed_in: str) -> dict[str, bytes]:
    """By file name."""
    return {SARIF: _bytes(to_sarif(judgement, listed_in)), JSON: _bytes(document(judgement, commit))}


def document(judgement: Judgement, commit: str) -> dict[str, Any]:
    return {
        "verdict": judgement.answer.value,
        "commit": commit,
        "scanners": [_scan(scan, judgement) for scan in judgement.scans],
        "findings": [_finding(one) for one in judgement.stopping],
        "minor": [_finding(one) for one in judgement.minor],
        "not_checked": [_unchecked(one) for one in judgement.open],
        "accepted": [
            {**(_finding(one) if isinstance(one, Finding) else _unchecked(one)), **_entry(entry)}
            for one, entry in judgement.accepted
        ],
        "expired": [{"fingerprint": entry.fingerprint, **_entry(entry)} for entry in judgement.expired],
        "unused": [{"fingerprint": entry.fingerprint, **_entry(entry)} for entry in judgement.unused],
        "notes": list(judgement.notes),
    }


def state_of(scan: Scan, judgement: Judgement) -> str:
    """`not_checked` is stronger than `findings`: there may be more than what was found."""
    if any(one.scanner is scan.scanner for one in judgement.open):
        return "not_checked"
    return "findings" if any(one.scanner is scan.scanner for one in judgement.stopping) else "checked"


def _scan(scan: Scan, judgement: Judgement) -> dict[str, Any]:
    return {
        "scanner": scan.scanner.value,
        "state": state_of(scan, judgement),
        "tool": scan.tool,
        "looked_at": scan.looked,
        "seconds": round(scan.seconds, 3),
        "notes": list(scan.notes),
    }


def _finding(one: Finding) -> dict[str, Any]:
    return {
        "fingerprint": one.fingerprint,
        "scanner": one.scanner.value,
        "rule": one.rule,
        "severity": one.severity.value,
        "place": one.place,
        "line": one.line,
        "commit": one.commit,
        "message": one.message,
        "url": one.url,
    }


def _unchecked(one: Unchecked) -> dict[str, Any]:
    return {"fingerprint": one.fingerprint, "scanner": one.scanner.value, "place": one.place, "why": one.why}


def _entry(entry: Accepted) -> dict[str, Any]:
    return {"reason": entry.reason, "who": entry.who, "until": entry.until.isoformat()}


def _bytes(told: dict[str, Any]) -> bytes:
    return (json.dumps(told, indent=2) + "\n").encode()
