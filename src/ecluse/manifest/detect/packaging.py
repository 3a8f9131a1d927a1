"""Packaging metadata: pyproject.toml, setup.cfg, setup.py, Pipfile, and whose lock lies beside them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ecluse.manifest.detect import setuppy
from ecluse.manifest.detect.facts import LIKELY, SURE, Fact, Kind
from ecluse.manifest.detect.tree import Tree

LOCKS = {"uv.lock": "uv", "poetry.lock": "poetry", "pdm.lock": "pdm", "Pipfile.lock": "pipenv", "Pipfile": "pipenv"}

DRIVERS = {
    "redis": "redis", "hiredis": "redis", "valkey": "valkey", "rabbitmq": "pika", "pika": "pika", "amqp": "amqp",
    "asyncpg": "asyncpg", "psycopg": "psycopg", "psycopg2": "psycopg2", "postgresql-asyncpg": "asyncpg",
    "postgresql-psycopg": "psycopg", "postgresql-psycopg2binary": "psycopg2-binary", "pymysql": "pymysql",
    "aiomysql": "aiomysql", "asyncmy": "asyncmy",
}  # fmt: skip
"""Extras by which Celery, Dramatiq, SQLAlchemy, Tortoise and others bring the package that talks to a service."""

FOR_TESTS = ("test", "tests", "testing", "dev", "develop", "development", "ci")
"""Names of extras and groups that tests need, the most fitting first."""


def read(tree: Tree) -> Iterator[Fact]:
    yield from managers(tree)
    yield from of_pyproject(tree)
    yield from of_setup_cfg(tree)
    yield from of_setup_py(tree)
    yield from of_flit(tree)
    yield from of_pipfile(tree)
    yield from for_development(tree)


def managers(tree: Tree) -> Iterator[Fact]:
    for name, manager in LOCKS.items():
        if name in tree:
            yield Fact(kind=Kind.MANAGER, value=manager, file=name, confidence=SURE)
    tools = tree.table("pyproject.toml", "tool")
    for manager in ("uv", "poetry", "pdm"):
        if manager in tools:
            yield at(tree, "pyproject.toml", f"[tool.{manager}", Kind.MANAGER, manager)


def of_pyproject(tree: Tree) -> Iterator[Fact]:
    file = "pyproject.toml"
    project, poetry = tree.table(file, "project"), tree.table(file, "tool", "poetry")
    if backend := tree.table(file, "build-system").get("build-backend") if project or poetry else "":
        yield at(tree, file, "build-backend", Kind.BUILDS, str(backend))
    if name := project.get("name") or poetry.get("name"):
        yield at(tree, file, "name", Kind.NAME, str(name))
    listed = project.get("dependencies")
    for requirement in listed if isinstance(listed, list) else []:
        yield from dependencies(tree, file, str(requirement), str(requirement))
    yield from of_table(tree, file, tree.table(file, "tool", "poetry", "dependencies"))
    yield from named_for_tests(tree, file, tree.table(file, "project", "optional-dependencies"), Kind.TEST_EXTRA)
    yield from named_for_tests(tree, file, tree.table(file, "tool", "poetry", "extras"), Kind.TEST_EXTRA)
    groups = {**tree.table(file, "dependency-groups"), **tree.table(file, "tool", "poetry", "group")}
    if "dev-dependencies" in poetry:
        groups["dev"] = poetry["dev-dependencies"]
    yield from named_for_tests(tree, file, groups, Kind.TEST_GROUP)


def of_flit(tree: Tree) -> Iterator[Fact]:
    """flit's own tables, older than `[project]` (flit.pypa.io, "Old style metadata")."""
    file, table = "pyproject.toml", tree.table("pyproject.toml", "tool", "flit", "metadata")
    if not table:
        return
    yield at(tree, file, "[tool.flit", Kind.BUILDS, "flit_core.buildapi")
    if isinstance(name := table.get("dist-name") or table.get("module"), str):
        yield at(tree, file, name, Kind.NAME, name)
    for requirement in strings(table.get("requires")):
        yield from dependencies(tree, file, requirement, requirement)
    yield from named_for_tests(
        tree, file, tree.table(file, "tool", "flit", "metadata", "requires-extra"), Kind.TEST_EXTRA
    )


def for_development(tree: Tree) -> Iterator[Fact]:
    """What pdm, hatch, older uv and pipenv list for tests and development in tables of their own."""
    file = "pyproject.toml"
    for name, listed in tree.table(file, "tool", "pdm", "dev-dependencies").items():
        yield from listed_for_tests(tree, file, strings(listed) if name in FOR_TESTS else ())
    for name, env in tree.table(file, "tool", "hatch", "envs").items():
        given = env if isinstance(env, dict) and name in {"default", "hatch-test", *FOR_TESTS} else {}
        for key in ("dependencies", "extra-dependencies"):
            yield from listed_for_tests(tree, file, strings(given.get(key)))
    yield from listed_for_tests(tree, file, strings(tree.table(file, "tool", "uv").get("dev-dependencies")))
    pinned = {name: "" if said == "*" else said for name, said in tree.table("Pipfile", "dev-packages").items()}
    yield from listed_for_tests(
        tree, "Pipfile", (f"{name}{said}" for name, said in pinned.items() if isinstance(said, str))
    )


def listed_for_tests(tree: Tree, file: str, requirements: Iterable[str]) -> Iterator[Fact]:
    for requirement in requirements:
        yield at(tree, file, re.split(r"[<>=~! \[]", requirement)[0], Kind.TEST_DEPENDENCY, requirement,
                 confidence=LIKELY)  # fmt: skip


def strings(value: object) -> tuple[str, ...]:
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


def of_setup_cfg(tree: Tree) -> Iterator[Fact]:
    file = "setup.cfg"
    parser = tree.ini(file)
    if parser.has_option("metadata", "name"):
        yield at(tree, file, "name", Kind.NAME, parser.get("metadata", "name"))
        yield at(tree, file, "[metadata]", Kind.BUILDS, "setuptools")
    for requirement in parser.get("options", "install_requires", fallback="").split("\n"):
        if requirement.strip():
            yield from dependencies(tree, file, requirement.strip(), requirement)
    if parser.has_section("options.extras_require"):
        yield from named_for_tests(tree, file, dict(parser["options.extras_require"]), Kind.TEST_EXTRA)


def of_setup_py(tree: Tree) -> Iterator[Fact]:
    file = "setup.py"
    found = setuppy.keywords(tree)
    if found:
        yield Fact(kind=Kind.BUILDS, value="setuptools", file=file, confidence=LIKELY)
    name, line = found.get("name", ("", 0))
    if isinstance(name, str) and name:
        yield Fact(kind=Kind.NAME, value=name, file=file, line=line)
    requirements, line = found.get("install_requires", ([], 0))
    for requirement in requirements if isinstance(requirements, list | tuple) else []:
        for name in packages(str(requirement)):
            yield Fact(kind=Kind.DEPENDENCY, value=name, file=file, line=line)
    extras, _ = found.get("extras_require", ({}, 0))
    if isinstance(extras, dict):
        yield from named_for_tests(tree, file, extras, Kind.TEST_EXTRA)


def of_pipfile(tree: Tree) -> Iterator[Fact]:
    file = "Pipfile"
    yield from of_table(tree, file, tree.table(file, "packages"))


def named_for_tests(tree: Tree, file: str, tables: Mapping[Any, Any], kind: Kind) -> Iterator[Fact]:
    """The extras or groups by whose name tests are meant; the most fitting name is the surest."""
    for name in tables:
        if isinstance(name, str) and name.lower() in FOR_TESTS:
            confidence = SURE - FOR_TESTS.index(name.lower()) / 20
            yield at(tree, file, name, kind, name, confidence=confidence)


def at(tree: Tree, file: str, needle: str, kind: Kind, value: str, *, confidence: float = SURE) -> Fact:
    return Fact(kind=kind, value=value, file=file, line=tree.line(file, needle), confidence=confidence)


def of_table(tree: Tree, file: str, table: Mapping[Any, Any]) -> Iterator[Fact]:
    """Of Poetry's and pipenv's tables: what a name has, a version or a table, may list extras."""
    for name, given in table.items():
        extras = strings(given.get("extras")) if isinstance(given, dict) else ()
        yield from dependencies(tree, file, str(name), f"{name}[{','.join(extras)}]")


def dependencies(tree: Tree, file: str, needle: str, requirement: str) -> Iterator[Fact]:
    for name in packages(requirement):
        yield at(tree, file, needle, Kind.DEPENDENCY, name)


def packages(requirement: str) -> tuple[str, ...]:
    """Its package, and the driver that an extra of it brings: `celery[redis]` is `celery` and `redis`."""
    extras = re.match(r"[^\[;@]*\[([^\]]*)\]", requirement)
    named = [each.strip().lower() for each in extras.group(1).split(",")] if extras else []
    own = package(requirement)
    return (*((own,) if own else ()), *dict.fromkeys(DRIVERS[each] for each in named if each in DRIVERS))


def package(requirement: str) -> str:
    """The normalised name in a requirement (PEP 503): `Flask[async] >= 2` is `flask`."""
    match = re.match(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)", requirement)
    return re.sub(r"[-_.]+", "-", match.group(1)).lower() if match else ""
