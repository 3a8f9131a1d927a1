"""Which Python a repository asks for, with the place that says so, and which of those found fits. Pure."""

from __future__ import annotations

import ast
import configparser
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from ecluse.model.problem import Exit, Place, Problem
from ecluse.model.values import frozen
from ecluse.ports.python import OLDEST, Interpreter, OtherPythonError
from ecluse.providers.uv import toml

Read = Callable[[str], str | None]
"""The text of a file of the repository, None when it isn't there."""

NEWEST_USUAL = (3, 13)
"""Newer ones are taken only when asked for: wheels of old pins don't exist for them yet."""
PLAIN = ((3, 11), (3, 12), (3, 13), (3, 10))
"""The order of preference when nothing says anything; 3.12 dropped distutils, which old pins import."""

THERE = (12, 13, 11, 14, 10, 15, 9, 8)
"""Minor versions that can be had, those that most apps run with first."""
LATEST = 40
"""Stands for the newest patch, which is below."""

Minor = tuple[int, int]


@frozen
class Demand:
    """One statement. `any_of` are alternatives; `strict` ones exclude, the others prefer."""

    said: str
    where: Place
    any_of: tuple[SpecifierSet, ...]
    strict: bool = True

    @property
    def is_too_old(self) -> bool:
        """Nothing but versions that nobody can have any more."""
        minors = [minor for minor in range(LATEST) if self.admits(f"3.{minor}.0")]
        return bool(minors) and max(minors) < OLDEST[1]

    def admits(self, version: str) -> bool:
        return any(spec.contains(version, prereleases=True) for spec in self.any_of)


def demands(read: Read, python: str = "") -> tuple[Demand, ...]:
    """Every demand, strongest first. `python` is the manifest's, and then the only one."""
    if python:
        return tuple(_demand(f"build.python = {python}", Place(file="ecluse.toml"), _pinned(python)))
    readers = (_pyproject, _setup_cfg, _setup_py, _pipfile, _version_file, _runtime, _tool_versions)
    found = (demand for reader in readers for demand in reader(read))
    met = (demand for demand in found if demand.strict or not demand.is_too_old)
    return tuple(sorted(met, key=lambda demand: not demand.strict))


def too_old(read: Read) -> frozenset[Minor]:
    """The versions pinned that nobody can have any more: what comes next after them is meant."""
    readers = (_pipfile, _version_file, _runtime, _tool_versions)
    pins = (demand for reader in readers for demand in reader(read) if demand.is_too_old)
    return frozenset((3, minor) for demand in pins for minor in range(OLDEST[1]) if demand.admits(f"3.{minor}.0"))


def pick(found: Sequence[Interpreter], wanted: Sequence[Demand], tested: frozenset[Minor]) -> Interpreter | Problem:
    """The best that satisfies every strict demand, then as many of the others as there are, then one of `tested`."""
    fitting = admitted(found, wanted)
    preferences = [demand for demand in wanted if not demand.strict]
    if any(demand.strict for demand in wanted):
        preferred = [one for one in fitting if all(demand.admits(one.version) for demand in preferences)]
    else:
        fitting = preferred = [one for one in fitting if all(demand.admits(one.version) for demand in preferences)]
    if not fitting:
        return _none_fits(found, wanted)
    known = {minor_of(one) for one in preferred or fitting} & tested
    return max(preferred or fitting, key=lambda one: _rank(one, tested, known, plain=not wanted and not tested))


def admitted(found: Sequence[Interpreter], wanted: Sequence[Demand]) -> list[Interpreter]:
    """Those that no strict demand rules out."""
    usable = [one for one in found if minor_of(one) >= OLDEST]
    return [one for one in usable if all(demand.admits(one.version) for demand in wanted if demand.strict)]


def minor_of(interpreter: Interpreter) -> Minor:
    major, minor = interpreter.minor.split(".")
    return int(major), int(minor)


def _rank(one: Interpreter, tested: frozenset[Minor], known: set[Minor], *, plain: bool) -> tuple[Any, ...]:
    minor = minor_of(one)
    version = tuple(int(part) for part in one.version.split("."))
    usual = minor <= NEWEST_USUAL
    if plain:
        return (minor in PLAIN, -PLAIN.index(minor) if minor in PLAIN else 0, usual, version)
    if tested and not known:  # the next one after those that it is known to run with
        above = minor[1] - max(tested)[1]
        return (above > 0, -abs(above), version)
    return (minor in known, usual, version if usual else tuple(-part for part in version[:2]))


def none_there(error: OtherPythonError, found: Sequence[Interpreter]) -> Problem | None:
    """No interpreter here is the Python that a package asks for; None where one is."""
    specs = [SpecifierSet(spec) for spec in error.wanted]
    if any(spec.contains(one.version) for one in found if minor_of(one) >= OLDEST for spec in specs):
        return None
    place = Place(file="")
    version = _example([Demand(said="", where=place, any_of=tuple(specs))])
    first = error.problems[0]
    return replace(
        first,
        code="B001",
        what=f"{first.what.partition(',')[0]}, and no interpreter here is one",
        evidence=(*first.evidence, _listed(found)),
        fix=(_add(version) if version else "") + "change the requirement",
    )


def none_on_host(versions: Sequence[str], wanted: Sequence[Demand]) -> Problem:
    """No interpreter of a host is one for the app."""
    strict = [demand for demand in wanted if demand.strict] or list(wanted)
    said = f"the one that the app asks for ({strict[0].said})" if strict else "one that an app can run on"
    version = _example(strict) or "3.12"
    return Problem(
        code="B002",
        what=f"no Python there is {said}",
        where=strict[0].where if strict else None,
        evidence=(f"found there: {', '.join(versions) or 'none'}",),
        state="nothing was sent or moved",
        fix=f"add one there (`uv python install {version}`, or the system's packages), or name one that all hosts have "
        "in build.python",
        exit=Exit.REFUSED,
    )


def _listed(found: Sequence[Interpreter]) -> str:
    return f"found: {', '.join(f'{one.version} ({one.path})' for one in found) or 'none'}"


def _add(version: str) -> str:
    return f"add one: pyenv install {version}, or uv python install {version}, or your system's packages; or "


def _none_fits(found: Sequence[Interpreter], wanted: Sequence[Demand]) -> Problem:
    strict = [demand for demand in wanted if demand.strict] or list(wanted)
    if not strict:
        return Problem(
            code="B001",
            what="no Python 3 was found on PATH, in version managers' folders, or in /usr, /usr/local and /opt",
            fix="install one: apt-get install python3, or pyenv install 3.12, or uv python install 3.12",
        )
    guilty = next((d for d in strict if not any(d.admits(one.version) for one in found)), strict[0])
    version = _example(strict)
    problem = Problem(
        code="B001",
        what=f"no interpreter here is the Python that the app asks for ({guilty.said})",
        where=guilty.where,
        evidence=(
            *(f"{demand.where}: {demand.said}" for demand in strict if demand is not guilty),
            _listed(found),
        ),
        state="nothing was installed",
        fix=f"{_add(version)}name another in build.python",
    )
    none = f"no Python from 3.{min(THERE)} to 3.{max(THERE)} is {guilty.said}"
    return problem if version else replace(problem, fix=f"change what asks for it: {none}; or set build.python")


def _example(wanted: Sequence[Demand]) -> str:
    """A version that there is and that satisfies every demand, for the advice: the minor one where its latest patch
    does, empty where none does."""
    for minor in THERE:
        for patch in (LATEST, *range(LATEST)):
            if all(demand.admits(f"3.{minor}.{patch}") for demand in wanted):
                return f"3.{minor}" if patch == LATEST else f"3.{minor}.{patch}"
    return ""


def _pyproject(read: Read) -> Iterator[Demand]:
    text = read("pyproject.toml")
    document = toml.document(text)
    if text is None or not document:
        return
    if isinstance(spec := toml.at(document, "project", "requires-python"), str):
        yield from _demand(f"requires-python = {spec}", _place("pyproject.toml", text, "requires-python"), _specs(spec))
    poetry = toml.at(document, "tool", "poetry", "dependencies", "python")
    if isinstance(poetry, str):
        place = _place("pyproject.toml", text, r"python\s*=")
        yield from _demand(f"python = {poetry}", place, poetry_range(poetry))


def _setup_cfg(read: Read) -> Iterator[Demand]:
    text = read("setup.cfg")
    if text is None:
        return
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return
    if spec := parser.get("options", "python_requires", fallback="").strip():
        yield from _demand(f"python_requires = {spec}", _place("setup.cfg", text, "python_requires"), _specs(spec))


def _setup_py(read: Read) -> Iterator[Demand]:
    text = read("setup.py")
    try:
        tree = ast.parse(text or "")
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "python_requires" and isinstance(node.value, ast.Constant):
            spec = str(node.value.value)
            yield from _demand(f"python_requires={spec}", Place(file="setup.py", line=node.lineno), _specs(spec))


def _pipfile(read: Read) -> Iterator[Demand]:
    text = read("Pipfile")
    document = toml.document(text)
    for name in ("python_full_version", "python_version"):
        version = toml.at(document, "requires", name)
        if text is not None and isinstance(version, str):
            yield from _demand(f"{name} = {version}", _place("Pipfile", text, name), _pinned(version), strict=False)
            return


def _version_file(read: Read) -> Iterator[Demand]:
    for number, line in enumerate((read(".python-version") or "").splitlines(), 1):
        if version := re.fullmatch(r"(?:cpython-?|python-?)?(3(?:\.\d{1,4}){0,2})\s*", line.strip()):
            place = Place(file=".python-version", line=number)
            yield from _demand(line.strip(), place, _pinned(version[1]), strict=False)
            return


def _runtime(read: Read) -> Iterator[Demand]:
    if version := re.search(r"python-(3(?:\.\d{1,4}){0,2})\b", read("runtime.txt") or ""):
        yield from _demand(version[0], Place(file="runtime.txt", line=1), _pinned(version[1]), strict=False)


def _tool_versions(read: Read) -> Iterator[Demand]:
    for number, line in enumerate((read(".tool-versions") or "").splitlines(), 1):
        if version := re.match(r"python\s+(3(?:\.\d{1,4}){0,2})\b", line):
            place = Place(file=".tool-versions", line=number)
            yield from _demand(line.strip(), place, _pinned(version[1]), strict=False)


def _demand(said: str, where: Place, any_of: tuple[SpecifierSet, ...], *, strict: bool = True) -> Iterator[Demand]:
    if any_of:
        yield Demand(said=said, where=where, any_of=any_of, strict=strict)


def _pinned(version: str) -> tuple[SpecifierSet, ...]:
    """`3.12` and `3.12.4` alike mean that minor version; a specifier means itself."""
    if not re.fullmatch(r"\d+(\.\d+)*", version):
        return _specs(version)
    return _specs(f"=={'.'.join(version.split('.')[:2])}.*")


def _specs(text: str) -> tuple[SpecifierSet, ...]:
    try:
        return (SpecifierSet(text),)
    except InvalidSpecifier:
        return ()


def poetry_range(text: str, *, exact: bool = False) -> tuple[SpecifierSet, ...]:
    """Poetry's constraint language: `^`, `~`, `*`, and `||` between alternatives. `exact`: a bare `1.2` is that version
    alone, as poetry takes it. Of a Python that would be the one that was never mended, which nobody means."""
    term = _poetry_term if exact else lambda one: _series(_poetry_term(one))
    parts = (
        ",".join(filter(None, map(term, re.split(r"[,\s]+(?![=\d])", one.strip())))) for one in re.split(r"\|\|?", text)
    )
    return tuple(spec for part in parts for spec in _specs(part))


def _poetry_term(term: str) -> str:
    term = re.sub(r"(\.[xX*])+$", ".*", re.sub(r"\s+", "", term))
    if term in {"", "*"}:
        return ""
    if term.startswith("^"):
        return f">={term[1:]},<{_caret(term[1:])}"
    if series := re.match(r"~(\d+(?:\.\d+)?)", term):
        return f">={term[1:]},=={series[1]}.*"
    if re.match(r"=\d", term):
        return f"={term}"
    return f"=={term}" if term[0].isdigit() else term


def _series(specifier: str) -> str:
    """`==3.10` as `==3.10.*`."""
    return f"{specifier}.*" if re.fullmatch(r"==\d+(\.\d+)?", specifier) else specifier


def _caret(version: str) -> str:
    """The first version that `^` leaves out: the leftmost part that isn't zero goes up."""
    numbers = [int(part) for part in re.findall(r"\d+", version)]
    at = next((index for index, number in enumerate(numbers) if number), len(numbers) - 1)
    return ".".join(str(number) for number in (*numbers[:at], numbers[at] + 1))


def _place(file: str, text: str, pattern: str) -> Place:
    lines = text.splitlines()
    return Place(file=file, line=next((n for n, line in enumerate(lines, 1) if re.match(rf"\s*{pattern}", line)), 0))
