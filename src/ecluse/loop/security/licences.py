"""What a package is licensed under, by its metadata, and whether the lists allow it. Pure.

`License-Expression` (PEP 639) is believed first, then the classifiers, then the free text of `License` where it is a
name that is known. Whoever has an `OR` may choose; an `AND` binds to both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from types import MappingProxyType

from ecluse.model.finding import Finding, Unchecked
from ecluse.model.package import Package
from ecluse.model.security import Scanner, SecurityPolicy, Severity

SHORT = 40
"""A longer `License` is the text of one, not its name."""
_WORDS = re.compile(r"[()]|[^\s()]+")
_CLASSIFIERS: Mapping[str, str] = MappingProxyType(
    {
        "MIT License": "MIT", "MIT No Attribution License (MIT-0)": "MIT-0", "Apache Software License": "Apache-2.0",
        "BSD License": "BSD-3-Clause", "ISC License (ISCL)": "ISC", "Python Software Foundation License": "PSF-2.0",
        "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0", "Mozilla Public License 1.1 (MPL 1.1)": "MPL-1.1",
        "The Unlicense (Unlicense)": "Unlicense", "Zope Public License": "ZPL-2.1", "zlib/libpng License": "Zlib",
        "Universal Permissive License (UPL)": "UPL-1.0", "Eclipse Public License 2.0 (EPL-2.0)": "EPL-2.0",
        "Boost Software License 1.0 (BSL-1.0)": "BSL-1.0", "Academic Free License (AFL)": "AFL-3.0",
        "CC0 1.0 Universal (CC0 1.0) Public Domain Dedication": "CC0-1.0",
        "Historical Permission Notice and Disclaimer (HPND)": "HPND", "Zero-Clause BSD (0BSD)": "0BSD",
        "European Union Public Licence 1.2 (EUPL 1.2)": "EUPL-1.2",
        "Python License (CNRI Python License)": "CNRI-Python",
        "GNU General Public License (GPL)": "GPL-1.0-or-later",
        "GNU General Public License v2 (GPLv2)": "GPL-2.0-only",
        "GNU General Public License v2 or later (GPLv2+)": "GPL-2.0-or-later",
        "GNU General Public License v3 (GPLv3)": "GPL-3.0-only",
        "GNU General Public License v3 or later (GPLv3+)": "GPL-3.0-or-later",
        "GNU Lesser General Public License v2 (LGPLv2)": "LGPL-2.0-only",
        "GNU Lesser General Public License v2 or later (LGPLv2+)": "LGPL-2.0-or-later",
        "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
        "GNU Lesser General Public License v3 or later (LGPLv3+)": "LGPL-3.0-or-later",
        "GNU Library or Lesser General Public License (LGPL)": "LGPL-2.0-or-later",
        "GNU Affero General Public License v3": "AGPL-3.0-only",
        "GNU Affero General Public License v3 or later (AGPLv3+)": "AGPL-3.0-or-later",
    }
)  # fmt: skip
"""The names of the index's classifiers as SPDX has them."""
_FAMILIES = frozenset({"OSI Approved", "DFSG approved"})
"""Of classifiers: they name no licence."""
_TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "mit": "MIT", "mit license": "MIT", "the mit license": "MIT", "apache 2.0": "Apache-2.0", "isc": "ISC",
        "apache-2.0": "Apache-2.0", "apache license 2.0": "Apache-2.0", "apache license, version 2.0": "Apache-2.0",
        "apache 2": "Apache-2.0", "bsd": "BSD-3-Clause", "bsd license": "BSD-3-Clause", "bsd-3-clause": "BSD-3-Clause",
        "3-clause bsd": "BSD-3-Clause", "bsd 3-clause": "BSD-3-Clause", "bsd-2-clause": "BSD-2-Clause",
        "isc license": "ISC", "mpl-2.0": "MPL-2.0", "mpl 2.0": "MPL-2.0", "psf": "PSF-2.0", "psf-2.0": "PSF-2.0",
        "unlicense": "Unlicense", "lgpl": "LGPL-2.0-or-later", "gpl": "GPL-1.0-or-later", "gplv2": "GPL-2.0-only",
        "gplv3": "GPL-3.0-only", "lgplv3": "LGPL-3.0-only", "gpl-3.0": "GPL-3.0-only", "agpl-3.0": "AGPL-3.0-only",
        "lgpl-3.0": "LGPL-3.0-only", "agplv3": "AGPL-3.0-only", "zpl 2.1": "ZPL-2.1", "0bsd": "0BSD",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Licensed:
    package: Package
    expression: str
    """Of SPDX names, `AND`, `OR` and brackets; empty where the metadata says nothing that is known."""
    said: str = ""
    """What the metadata says instead."""


def licensed(package: Package, metadata: Mapping[str, Sequence[str]], policy: SecurityPolicy) -> Licensed:
    if told := policy.licences.get(package.name):
        return Licensed(package, told)
    if expression := _first(metadata, "license-expression"):
        return Licensed(package, expression)
    trove = [one.rpartition(" :: ")[2] for one in metadata.get("classifier", ()) if one.startswith("License :: ")]
    trove = [name for name in trove if name not in _FAMILIES]
    if strange := [name for name in trove if name not in _CLASSIFIERS]:
        return Licensed(package, "", ", ".join(strange))
    if trove:
        # Several classifiers don't say whether one may choose: all of them count.
        return Licensed(package, " AND ".join(dict.fromkeys(_CLASSIFIERS[name] for name in trove)))
    text = " ".join(_first(metadata, "license").split())
    return Licensed(package, _TEXTS.get(text.lower(), ""), text if len(text) <= SHORT else "a text of its own")


def judged(found: Licensed, policy: SecurityPolicy) -> Finding | Unchecked | None:
    """None for what is allowed. What can't be told is not checked, with either list."""
    package = found.package
    if not found.expression:
        said = f": it says {found.said!r}" if found.said else ""
        return Unchecked(
            scanner=Scanner.LICENCES, place=package.name, why=f"the metadata names no licence that is known{said}"
        )
    try:
        allowed = is_allowed(found.expression, policy.allow, policy.deny)
    except ValueError as error:
        return Unchecked(scanner=Scanner.LICENCES, place=package.name, why=str(error))
    if allowed:
        return None
    return Finding(
        scanner=Scanner.LICENCES,
        rule="licence-not-allowed",
        severity=Severity.HIGH,
        message=f"{package} is under {found.expression}, which isn't allowed",
        place=package.name,
        anchor=found.expression,
    )


def is_allowed(expression: str, allow: Sequence[str], deny: Sequence[str]) -> bool:
    """Denied is stronger than allowed. ValueError for what is no expression (SPDX specification, annex D)."""
    words = _WORDS.findall(expression)
    answer, rest = _either(words, allow, deny)
    if rest:
        raise ValueError(f"{expression!r} is no expression of licences")
    return answer


def _either(words: list[str], allow: Sequence[str], deny: Sequence[str]) -> tuple[bool, list[str]]:
    answer, rest = _both(words, allow, deny)
    while rest and rest[0].upper() == "OR":
        other, rest = _both(rest[1:], allow, deny)
        answer = answer or other
    return answer, rest


def _both(words: list[str], allow: Sequence[str], deny: Sequence[str]) -> tuple[bool, list[str]]:
    answer, rest = _one(words, allow, deny)
    while rest and rest[0].upper() == "AND":
        other, rest = _one(rest[1:], allow, deny)
        answer = answer and other
    return answer, rest


def _one(words: list[str], allow: Sequence[str], deny: Sequence[str]) -> tuple[bool, list[str]]:
    if words and words[0] == "(":
        answer, rest = _either(words[1:], allow, deny)
        if rest[:1] != [")"]:
            raise ValueError("a bracket of the licences isn't closed")
        return answer, rest[1:]
    if not words or words[0] in {")", "AND", "OR", "WITH"}:
        raise ValueError("the licences are no expression")
    name, rest = words[0], words[1:]
    if rest and rest[0].upper() == "WITH":
        if len(rest) == 1:
            raise ValueError("an exception of the licences has no name")
        name, rest = f"{name} WITH {rest[1]}", rest[2:]
    return _passes(name, allow, deny), rest


def _passes(name: str, allow: Sequence[str], deny: Sequence[str]) -> bool:
    plain = name.partition(" WITH ")[0]
    if any(_matches(one, pattern) for one in (name, plain) for pattern in deny):
        return False
    return not allow or any(_matches(one, pattern) for one in (name, plain) for pattern in allow)


def _matches(name: str, pattern: str) -> bool:
    return fnmatchcase(name.lower(), pattern.lower())


def _first(metadata: Mapping[str, Sequence[str]], name: str) -> str:
    found = (value.strip() for value in metadata.get(name, ()) if value.strip() and value.strip() != "UNKNOWN")
    return next(found, "")
