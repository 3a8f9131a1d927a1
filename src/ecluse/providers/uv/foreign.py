"""Manifests and locks of poetry, pdm and pipenv, said as requirement lines, pins and hashes. Pure.

Their locks are used as pins on what the manifest asks for: so only what the chosen groups reach on this Python is
installed, in the locked version and from the files that the lock vouches for, whatever the lock's own format version.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from posixpath import normpath
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from ecluse.model.problem import Exit, Place, Problem, ProblemError
from ecluse.providers.uv.alternatives import joined
from ecluse.providers.uv.wanted import poetry_range

Pins = tuple[tuple[str, ...], dict[str, frozenset[str]]]
"""Pinned requirement lines, and the hashes they may have."""


def poetry_table(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """poetry's own tables, empty where the project says everything the standard way."""
    table = document.get("tool", {}).get("poetry", {})
    return table if "dependencies" in table or "group" in table or "dev-dependencies" in table else {}


def poetry_lines(
    document: Mapping[str, Any], extras: Sequence[str], groups: Sequence[str], *, locked: bool = False
) -> tuple[str, ...]:
    """What poetry's tables ask for: the main group, and the extras and groups named. ProblemError B013 for a constraint
    that isn't poetry's, or, unless a lock says what they came to, for alternatives that a requirement can't say."""
    table = poetry_table(document)
    chosen = {name for extra in extras for name in table.get("extras", {}).get(extra, ())}
    tables = [table.get("dependencies", {}), *(_group(table, name) for name in groups)]
    wanted = ((name, entry) for one in tables for name, entry in one.items() if name.lower() != "python")
    return tuple(
        line
        for name, entry in wanted
        for line in _poetry_entry(name, entry, optional=name not in chosen, locked=locked)
    )


def project_lines(document: Mapping[str, Any], extras: Sequence[str], groups: Sequence[str]) -> tuple[str, ...]:
    """What the standard tables ask for ([project], [dependency-groups]), and pdm's older one."""
    project = document.get("project", {})
    standard, older = document.get("dependency-groups", {}), document.get("tool", {}).get("pdm", {})
    in_groups = (
        line for name in groups for line in _group_lines({**older.get("dev-dependencies", {}), **standard}, name)
    )
    in_extras = (line for extra in extras for line in project.get("optional-dependencies", {}).get(extra, ()))
    return tuple(
        line for line in (*project.get("dependencies", ()), *in_extras, *in_groups) if not line.startswith("-e")
    )


def lines_of_groups(document: Mapping[str, Any], groups: Sequence[str]) -> tuple[str, ...]:
    """The groups alone, whoever's tables they stand in."""
    poetry = (
        line
        for name in groups
        for entry in _group(document.get("tool", {}).get("poetry", {}), name).items()
        for line in _poetry_entry(*entry, optional=False, locked=False)
    )
    bare = {name: table for name, table in document.items() if name != "project"}
    return (*project_lines(bare, (), groups), *poetry)


def poetry_origins(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Where poetry's tables say that packages come from which the standard ones beside them have by name alone."""
    table = poetry_table(document)
    tables = (table.get("dependencies", {}), *(_group(table, name) for name in ("dev", *table.get("group", {}))))
    placed = (one for entries in tables for one in _placed(entries))
    return tuple(dict.fromkeys(_line(name, {**one, "extras": ()}, "", _poetry_marker(one)) for name, one in placed))


def uv_origins(document: Mapping[str, Any]) -> tuple[str, ...]:
    """The same of uv's table, without what counts for an extra or a group alone."""
    placed = _placed(document.get("tool", {}).get("uv", {}).get("sources", {}))
    return tuple(
        _line(name, one, "", one.get("marker", "")) for name, one in placed if not {"extra", "group"} & one.keys()
    )


def _placed(entries: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, entry in entries.items():
        for one in entry if isinstance(entry, list) else [entry]:
            if isinstance(one, dict) and _origin(one):
                yield name, one


def pins(lock: Mapping[str, Any], python: str) -> Pins:
    """The packages of a poetry.lock or pdm.lock that are for this Python. Raises ValueError where it isn't one."""
    entries = [entry for entry in _packages(lock) if _for_python(entry, python)]
    newest = {entry["name"]: entry for entry in sorted(entries, key=_version)}
    marked = [entry for entry in entries if _marker(entry)]
    chosen = {id(entry): entry for entry in (*newest.values(), *marked) if _marker(entry) or entry in newest.values()}
    vouched: dict[str, frozenset[str]] = {}
    listed = lock.get("metadata", {}).get("files", {})  # where poetry < 1.3 kept them
    for entry in chosen.values():
        files = entry.get("files") or listed.get(entry["name"], ())
        name = str(canonicalize_name(entry["name"]))
        if hashes := frozenset(file["hash"].removeprefix("sha256:") for file in files if "hash" in file):
            vouched[name] = vouched.get(name, frozenset()) | hashes
    return tuple(dict.fromkeys(_pin(entry) for entry in chosen.values())), vouched


def names(lines: Iterable[str]) -> tuple[str, ...]:
    """The names asked for whatever the environment: those without a marker."""
    return tuple(found for line in lines if (found := _unconditional(line)))


def pipfile_lines(document: Mapping[str, Any], *, dev: bool) -> tuple[str, ...]:
    tables = [document.get("packages", {}), document.get("dev-packages", {}) if dev else {}]
    return tuple(line for table in tables for name, entry in table.items() for line in _pipfile_entry(name, entry))


def pipfile_names(document: Mapping[str, Any]) -> tuple[str, ...]:
    return names(pipfile_lines(document, dev=False))


def pipfile_lock(text: str, *, with_tests: bool) -> Pins:
    """Raises ValueError where it is none."""
    document = json.loads(text or "{}")
    entries = {**(_section(document, "develop") if with_tests else {}), **_section(document, "default")}
    lines = tuple(line for name, entry in entries.items() for line in _pipfile_entry(name, entry))
    hashes = {
        str(canonicalize_name(name)): frozenset(one.removeprefix("sha256:") for one in entry.get("hashes", ()))
        for name, entry in entries.items()
    }
    return lines, {name: found for name, found in hashes.items() if found}


def _group(table: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    older = table.get("dev-dependencies", {}) if name == "dev" else {}
    found: Mapping[str, Any] = {**older, **table.get("group", {}).get(name, {}).get("dependencies", {})}
    return found


def _group_lines(groups: Mapping[str, Any], name: str) -> Iterator[str]:
    for entry in groups.get(name, ()):
        if isinstance(entry, str):
            yield entry
        elif included := entry.get("include-group"):
            yield from _group_lines(groups, included)


def _poetry_entry(name: str, entry: Any, *, optional: bool, locked: bool) -> Iterator[str]:
    for one in entry if isinstance(entry, list) else [entry]:
        table: Mapping[str, Any] = one if isinstance(one, dict) else {"version": one}
        if optional and table.get("optional"):
            continue
        version = _poetry_version(name, table.get("version", "*"), locked=locked)
        yield _line(name, table, version, _poetry_marker(table))


def _poetry_version(name: str, text: str, *, locked: bool) -> str:
    alternatives = len(re.split(r"\|\|?", text))
    ranges = poetry_range(text, exact=True)
    if len(ranges) != alternatives:
        raise ProblemError(_unreadable(name, text, "is no version constraint of poetry's"))
    if alternatives == 1:
        return str(ranges[0])
    together = joined(ranges)
    if together is None and not locked:
        raise ProblemError(_unreadable(name, text, "has alternatives that a requirement can't say"))
    return "" if together is None else str(together)


def _unreadable(name: str, text: str, why: str) -> Problem:
    return Problem(
        code="B013",
        what=f"{name} = {text} {why}",
        where=Place(file="pyproject.toml"),
        state="nothing was installed",
        fix="write it as poetry's manual does: ^1.2, ~1.2, 1.2.*, or >=1.2,<2; or commit poetry.lock, which says what "
        "it came to",
        exit=Exit.REFUSED,
    )


def _poetry_marker(table: Mapping[str, Any]) -> str:
    ranges = [list(one) for one in poetry_range(table.get("python", "*"))]
    said = [" and ".join(f"python_full_version {spec.operator} '{spec.version}'" for spec in one) for one in ranges]
    python = [" or ".join(f"({one})" for one in said)] if len(said) > 1 and all(said) else said[:1]
    return " and ".join(f"({part})" for part in (*python, table.get("markers", "")) if part)


def _pipfile_entry(name: str, entry: Any) -> Iterator[str]:
    table: Mapping[str, Any] = entry if isinstance(entry, dict) else {"version": entry}
    if normpath(table.get("path", "else")) == ".":  # the project itself
        return
    version = table.get("version", "*")
    bare = version[:1].isdigit()  # "1.2" is "==1.2" for pipenv; behind a name it would be another name
    yield _line(name, table, "" if version == "*" else f"=={version}" if bare else version, table.get("markers", ""))


def _line(name: str, table: Mapping[str, Any], version: str, marker: str) -> str:
    extras = f"[{','.join(table['extras'])}]" if table.get("extras") else ""
    origin = _origin(table)
    return f"{name}{extras}{f' @ {origin}' if origin else version}" + (f" ; {marker}" if marker else "")


def _origin(table: Mapping[str, Any]) -> str:
    """Where a package is to come from, empty where that is an index: one of the same name there may be anybody's."""
    inside = f"#subdirectory={table['subdirectory']}" if table.get("subdirectory") else ""
    if repository := table.get("git"):
        at = table.get("rev") or table.get("ref") or table.get("tag") or table.get("branch")
        return f"git+{_address(repository)}{f'@{at}' if at else ''}{inside}"
    if url := table.get("url"):
        return f"{url}{inside}"
    place: str = table.get("path") or table.get("file") or ""
    return place if not place or place[0] in "./" or "://" in place else f"./{place}"


def _address(repository: str) -> str:
    """A URL; git itself takes `user@host:path` too (git-clone(1), "Git URLs")."""
    short = re.fullmatch(r"([\w.-]+@[\w.-]+):/?([^/].*)", repository)
    return f"ssh://{short[1]}/{short[2]}" if short else repository.removeprefix("git+")


def _section(document: Any, name: str) -> Mapping[str, Any]:
    section = document.get(name, {}) if isinstance(document, dict) else None
    if not isinstance(section, dict) or not all(isinstance(entry, dict) for entry in section.values()):
        raise ValueError(f"{name} is no table of packages")
    return section


def _packages(lock: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    entries = lock.get("package", [])
    if not isinstance(entries, list) or not all(isinstance(one, dict) and "name" in one for one in entries):
        raise ValueError("a package has no name")
    return entries


def _version(entry: Mapping[str, Any]) -> Version:
    """What comes from elsewhere than an index may have none."""
    if "version" in entry:
        return Version(str(entry["version"]))
    if _origin(_locked_origin(entry)):
        return Version("0")
    raise ValueError(f"{entry['name']} has no version")


def _for_python(entry: Mapping[str, Any], python: str) -> bool:
    admitted = entry.get("python-versions") or entry.get("requires_python") or "*"
    try:
        return (
            any(spec.contains(python) for spec in poetry_range(admitted))
            if "|" in admitted
            else (admitted == "*" or SpecifierSet(admitted).contains(python))
        )
    except InvalidSpecifier:
        return True


def _marker(entry: Mapping[str, Any]) -> str:
    marker = entry.get("markers") or entry.get("marker") or ""
    return marker if isinstance(marker, str) else ""


def _pin(entry: Mapping[str, Any]) -> str:
    return _line(entry["name"], _locked_origin(entry), f"=={entry.get('version')}", _marker(entry))


def _locked_origin(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """In the words of a manifest; poetry's locks say it in a table of its own, pdm's beside the version."""
    source = entry.get("source", {})
    inside = source.get("subdirectory") or entry.get("subdirectory")
    match source.get("type"):
        case "git":
            return {"git": source["url"], "rev": source.get("resolved_reference"), "subdirectory": inside}
        case "url":
            return {"url": source["url"], "subdirectory": inside}
        case "directory" | "file":
            return {"path": source["url"]}
    own = {key: entry.get(key) for key in ("git", "url", "path")}
    return {**own, "rev": entry.get("revision"), "subdirectory": inside}


def _unconditional(line: str) -> str:
    try:
        requirement = Requirement(re.sub(r"\s--hash\S*", "", line))
    except InvalidRequirement:
        return ""
    return "" if requirement.marker else str(canonicalize_name(requirement.name))
