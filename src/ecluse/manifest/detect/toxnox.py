"""The environments of tox and the sessions of nox, with the command lines that they run."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ecluse.manifest.detect.facts import SURE, Fact, Kind
from ecluse.manifest.detect.tree import Tree

if TYPE_CHECKING:
    import configparser

LISTS = ("env_list", "envlist")
INHERITED = re.compile(r"\{\[(?P<section>[^\]]+)\](?P<key>\w+)\}")
CONDITION = re.compile(r"^[\w,!{}.-]+:\s+")
"""`py312,lint: COMMAND`."""
PYTHONS = re.compile(r"(py|pypy)[\d.]*")
"""Another Python, and nothing else."""


def read(tree: Tree) -> Iterator[Fact]:
    """Environments that the repository runs by itself and that say what they run: a fact for each command."""
    yield from tox_environments(tree)
    yield from nox_sessions(tree)


def base(tree: Tree) -> Iterator[Fact]:
    """What tox runs where nothing else is said, and the nox sessions that are named like tests."""
    for text, line in tox_commands(tree, "testenv"):
        yield fact(text, "tox.ini", line, "", SURE + 0.03)
    for file, table in toml_tables(tree):
        for text in toml_commands(table.get("env_run_base", {})):
            yield fact(text, file, tree.line(file, "env_run_base"), "", SURE + 0.03)
    for said in nox_sessions(tree):
        if said.label.removeprefix("nox:").startswith("test"):
            yield said


def fact(text: str, file: str, line: int, label: str, confidence: float = SURE) -> Fact:
    return Fact(kind=Kind.TEST_ENVIRONMENT, value=text, file=file, line=line, label=label, confidence=confidence)


def tox_environments(tree: Tree) -> Iterator[Fact]:
    parser = tree.ini("tox.ini")
    listed = {name for key in LISTS for name in expanded(parser.get("tox", key, fallback=""))}
    for name in sorted(listed):
        if not PYTHONS.fullmatch(name):
            for text, line in tox_commands(tree, f"testenv:{name}"):
                yield fact(text, "tox.ini", line, f"tox:{name}")
    for file, table in toml_tables(tree):
        known = table.get("env", {})
        for name in table.get("env_list", []):
            for text in toml_commands(known.get(name, {})):
                yield fact(text, file, tree.line(file, name), f"tox:{name}")


def toml_tables(tree: Tree) -> Iterator[tuple[str, dict[str, Any]]]:
    """tox's own tables, in its own file or in pyproject.toml (tox.wiki, "Configuration")."""
    for file, keys in (("tox.toml", ()), ("pyproject.toml", ("tool", "tox"))):
        if table := tree.table(file, *keys):
            yield file, table


def toml_commands(table: dict[str, Any]) -> Iterator[str]:
    for words in table.get("commands", []):
        if isinstance(words, list):
            yield shlex.join(str(word) for word in words if isinstance(word, str))


def tox_commands(tree: Tree, section: str) -> Iterator[tuple[str, int]]:
    """The commands of a section of tox.ini, those that it takes from another one too."""
    parser = tree.ini("tox.ini")
    for text in said(parser, section, "commands").replace("\\\n", " ").splitlines():
        plain = CONDITION.sub("", text.strip().removeprefix("-").strip())
        if plain:
            yield plain, tree.line("tox.ini", plain.partition("  ")[0])


def said(parser: configparser.ConfigParser, section: str, key: str) -> str:
    """A value with what it refers to in other sections, one level deep."""

    def other(match: re.Match[str]) -> str:
        return parser.get(match["section"], match["key"], fallback="")

    return INHERITED.sub(other, parser.get(section, key, fallback=""))


def expanded(text: str) -> Iterator[str]:
    """`py{311,312}-django, lint` is three names."""
    for word in re.split(r",(?![^{]*\})|\s+", text.strip()):
        head, brace, rest = word.partition("{")
        if not brace:
            yield from filter(None, [word])
            continue
        choices, _, tail = rest.partition("}")
        for choice in choices.split(","):
            yield from expanded(f"{head}{choice.strip()}{tail}")


def nox_sessions(tree: Tree) -> Iterator[Fact]:
    """Sessions that `nox` runs when it is asked for none."""
    file = "noxfile.py"
    module = tree.module(file)
    body = module.body.body if module else []
    chosen = default_sessions(body)
    for item in body:
        if isinstance(item, ast.FunctionDef) and (options := session_options(item)) is not None:
            name = str(options.get("name", item.name))
            if name in chosen if chosen is not None else options.get("default", True):
                yield from session_commands(item, name, file)


def session_options(item: ast.FunctionDef) -> Mapping[str, object] | None:
    """The constant arguments of `@nox.session`, None when it is no session."""
    for decorator in item.decorator_list:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        if name == "session":
            keywords = decorator.keywords if isinstance(decorator, ast.Call) else []
            constant = ((word.arg, word.value.value) for word in keywords if isinstance(word.value, ast.Constant))
            return {name: value for name, value in constant if name}
    return None


def default_sessions(body: list[ast.stmt]) -> set[str] | None:
    """`nox.options.sessions = ["lint", "tests"]`."""
    for item in body:
        if isinstance(item, ast.Assign) and ast.unparse(item.targets[0]) == "nox.options.sessions":
            values = item.value.elts if isinstance(item.value, (ast.List, ast.Tuple)) else []
            return {str(value.value) for value in values if isinstance(value, ast.Constant)}
    return None


def session_commands(item: ast.FunctionDef, name: str, file: str) -> Iterator[Fact]:
    """`session.run("pytest", "tests", *session.posargs)`: its constant words."""
    for call in ast.walk(item):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "run":
            words = [str(word.value) for word in call.args if isinstance(word, ast.Constant)]
            if words:
                yield fact(shlex.join(words), file, call.lineno, f"nox:{name}", SURE - 0.01)
