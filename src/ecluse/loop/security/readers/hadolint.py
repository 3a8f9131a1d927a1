"""hadolint's JSON (`--format json`)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from ecluse.loop.security.readers.reading import Printed, Told, UnreadableError, one_line, plain
from ecluse.model.finding import Finding, Unchecked
from ecluse.model.security import Scanner, Severity

UNPARSED = "DL1000"
_FOUND = 1
_SEVERITIES: Mapping[str, Severity] = MappingProxyType(
    {"error": Severity.HIGH, "warning": Severity.MEDIUM, "info": Severity.LOW, "style": Severity.LOW}
)


def read(printed: Printed) -> Told:
    """A file that can't be parsed isn't checked."""
    document = replace(printed, out=_ours(printed.out)).document(list, (0, _FOUND))
    try:
        findings = tuple(_finding(one, printed) for one in document if one["code"] != UNPARSED)
        unchecked = tuple(
            Unchecked(scanner=Scanner.DOCKERFILE, place=plain(one["file"]), why=f"line {one['line']}: {one['message']}")
            for one in document
            if one["code"] == UNPARSED
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnreadableError(f"its report lacks something: {error}") from error
    return Told(findings, unchecked)


def _ours(out: bytes) -> bytes:
    """Where the project's `.hadolint.yaml` names a format, that is printed before ours."""
    starts = (match.start() for match in re.finditer(rb"\[", out))
    return next((out[at:] for at in starts if _is_json(out[at:])), out)


def _is_json(out: bytes) -> bool:
    try:
        json.loads(out)
    except ValueError:
        return False
    return True


def _finding(one: dict[str, Any], printed: Printed) -> Finding:
    path, line, code = plain(one["file"]), int(one["line"]), str(one["code"])
    shell = code.startswith("SC")
    return Finding(
        scanner=Scanner.DOCKERFILE,
        rule=code,
        severity=_SEVERITIES[one["level"]],
        message=one_line(one["message"]),
        place=path,
        line=line,
        url=f"https://github.com/{'koalaman/shellcheck' if shell else 'hadolint/hadolint'}/wiki/{code}",
        anchor=printed.line(path, line).strip(),
    )
