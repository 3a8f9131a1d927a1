"""Packages that a repository has from an index of their own, by poetry's, pipenv's, pdm's and uv's tables. Pure.

Asked of another index, such a name may be anybody's. Which index is the usual one is left to the settings of pip and
uv: a mirror stands for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from ecluse.model.problem import Exit, Place, Problem, ProblemError
from ecluse.providers.uv import toml

USUAL = "pypi"
"""What all of them call the usual index (in any case)."""


@dataclass(frozen=True, slots=True)
class Indexed:
    """`of`: canonical name of a package to the address of its index."""

    of: Mapping[str, str] = field(default_factory=dict)

    def split(self, lines: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The lines of packages with an index of their own, and all others."""
        found = tuple(lines)
        own = tuple(line for line in found if name_of(line) in self.of)
        return own, tuple(line for line in found if line not in own)

    def with_variables(self, env: Mapping[str, str]) -> Indexed:
        """`${NAME}` in addresses filled in, as pipenv does; one that isn't set stays as it is."""
        fill = partial(re.sub, r"\$(?:\{(\w+)\}|(\w+))", lambda found: env.get(found[1] or found[2], found[0]))
        return Indexed({name: fill(address) for name, address in self.of.items()})

    def project(self, lines: Iterable[str]) -> str:
        """The lines as a pyproject.toml that pins each to its index (docs.astral.sh/uv/concepts/indexes)."""
        asked = tuple(lines)
        addresses = {name: self.of[name] for name in map(name_of, asked)}
        numbered = {address: f"index{number}" for number, address in enumerate(dict.fromkeys(addresses.values()))}
        return "\n".join(
            [
                '[project]\nname = "asked"\nversion = "0"',
                f"dependencies = [{', '.join(map(quoted, asked))}]",
                "[tool.uv.sources]",
                *(f"{quoted(name)} = {{ index = {quoted(numbered[at])} }}" for name, at in addresses.items()),
                *(
                    f"[[tool.uv.index]]\nname = {quoted(name)}\nurl = {quoted(address)}\nexplicit = true"
                    for address, name in numbered.items()
                ),
                "",
            ]
        )


NONE = Indexed()


def of_poetry(document: Mapping[str, Any]) -> Indexed:
    """`source` of a dependency in any group; the addresses are those of [[tool.poetry.source]]."""
    table = toml.at(document, "tool", "poetry") or {}
    groups = (group.get("dependencies", {}) for group in table.get("group", {}).values())
    tables = (table.get("dependencies", {}), table.get("dev-dependencies", {}), *groups)
    named = (pair for entries in tables for pair in _named(entries, "source"))
    return _indexed(named, _addresses(table.get("source", ())), "pyproject.toml", "[[tool.poetry.source]]")


def of_pipfile(document: Mapping[str, Any]) -> Indexed:
    """`index` of a package; the first source is the usual one."""
    sources = document.get("source", ())
    first = str(sources[0].get("name", "")).lower() if sources else ""
    tables = (document.get("packages", {}), document.get("dev-packages", {}))
    named = (pair for entries in tables for pair in _named(entries, "index") if pair[1].lower() != first)
    return _indexed(named, _addresses(sources), "Pipfile", "[[source]]")


def of_pdm(document: Mapping[str, Any], names: Iterable[str]) -> Indexed:
    """`include_packages` of a source are patterns of names."""
    sources = toml.at(document, "tool", "pdm", "source") or ()
    owned = [(pattern, source["url"]) for source in sources for pattern in source.get("include_packages", ())]
    found = ((name, next((url for pattern, url in owned if fnmatchcase(name, pattern)), "")) for name in names)
    return Indexed({name: url for name, url in found if url})


def of_uv(document: Mapping[str, Any]) -> Indexed:
    """For lines that uv doesn't read from this table itself."""
    table = toml.at(document, "tool", "uv") or {}
    named = _named(table.get("sources", {}), "index")
    return _indexed(named, _addresses(table.get("index", ())), "pyproject.toml", "[[tool.uv.index]]")


def of_poetry_lock(lock: Mapping[str, Any]) -> Indexed:
    """What was locked from a named index (`legacy`), by its address."""
    sources = {entry["name"]: entry.get("source", {}) for entry in lock.get("package", ())}
    legacy = {name: str(source["url"]) for name, source in sources.items() if source.get("type") == "legacy"}
    return Indexed({canonical(name): url for name, url in legacy.items()})


def reached(lock: Mapping[str, Any], names: Iterable[str]) -> frozenset[str]:
    """What a poetry.lock leads to from there, markers and extras aside."""
    entries = {canonical(entry["name"]): entry.get("dependencies", {}) for entry in lock.get("package", ())}
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += map(canonical, entries.get(name, {}))
    return frozenset(found)


def name_of(line: str) -> str:
    try:
        return canonical(Requirement(re.sub(r"\s--hash\S*", "", line)).name)
    except InvalidRequirement:
        return ""


def canonical(name: str) -> str:
    return str(canonicalize_name(name))


def quoted(text: str) -> str:
    """A basic string of TOML."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _named(entries: Mapping[str, Any], key: str) -> Iterator[tuple[str, str]]:
    for name, entry in entries.items():
        for one in entry if isinstance(entry, list) else [entry]:
            if isinstance(one, dict) and isinstance(index := one.get(key), str) and index.lower() != USUAL:
                yield canonical(name), index


def _addresses(sources: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    return {str(source.get("name", "")).lower(): str(source["url"]) for source in sources if source.get("url")}


def _indexed(named: Iterable[tuple[str, str]], addresses: Mapping[str, str], file: str, table: str) -> Indexed:
    pairs = tuple(dict.fromkeys(named))
    names = [name for name, _ in pairs]
    unclear = next((name for name in names if names.count(name) > 1), "")
    if unclear:
        raise ProblemError(_two(unclear, [index for name, index in pairs if name == unclear], file))
    lost = next((pair for pair in pairs if pair[1].lower() not in addresses), None)
    if lost:
        raise ProblemError(_undeclared(*lost, file, table))
    return Indexed({name: addresses[index.lower()] for name, index in pairs})


def _undeclared(name: str, index: str, file: str, table: str) -> Problem:
    return Problem(
        code="B016",
        what=f"{name} is to come from the index '{index}', which no {table} declares",
        where=Place(file=file),
        state="nothing was installed: from another index it may be anybody's",
        fix=f"add {table} with that name and its url, or take the index off {name}",
        exit=Exit.REFUSED,
    )


def _two(name: str, indexes: list[str], file: str) -> Problem:
    return Problem(
        code="B016",
        what=f"{name} is to come from several indexes: {', '.join(indexes)}",
        where=Place(file=file),
        state="nothing was installed: from another index it may be anybody's",
        fix="name one of them for it",
        exit=Exit.REFUSED,
    )
