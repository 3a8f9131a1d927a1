"""pip-audit's JSON (`--format json`). Pure.

It ends with 0 and "no known vulnerabilities" when it could look up nothing: each package that was asked for must be
answered for, by its name and with a list of vulnerabilities.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ecluse.model.package import Package, Vulnerability, canonical, normal
from ecluse.ports.advisories import Answer


class UnreadableError(Exception):
    """What it printed is no report of pip-audit's."""


def read(printed: bytes, packages: Sequence[Package]) -> Mapping[Package, Answer]:
    """For each package its vulnerabilities, or why there is no answer."""
    try:
        document = json.loads(printed)
        told = {canonical(one["name"]): one for one in document["dependencies"]}
        return {package: _answer(package, told.get(package.name)) for package in packages}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnreadableError(str(error)) from error


def _answer(package: Package, told: Mapping[str, Any] | None) -> Answer:
    if told is None:
        return "pip-audit doesn't mention it"
    if "skip_reason" in told:
        return " ".join(str(told["skip_reason"]).split())
    if normal(told["version"]) != normal(package.version):
        return f"pip-audit speaks of {told['version']}"
    return tuple(
        Vulnerability(
            id=str(one["id"]),
            aliases=tuple(one.get("aliases") or ()),
            summary=" ".join(str(one.get("description") or "").split()),
            fixed=tuple(one.get("fix_versions") or ()),
        )
        for one in told["vulns"]
    )
