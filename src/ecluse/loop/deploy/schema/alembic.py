"""Alembic's revisions, Flask-Migrate's too: which there are, what they do, which are applied.

https://alembic.sqlalchemy.org/en/latest/ops.html and `alembic current`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath

from ecluse.loop.deploy.schema.migration import (
    ASIDE,
    EXPANDS,
    Effects,
    Files,
    Migration,
    Standing,
    Tool,
    contracts,
    parsed,
    stops_inserts,
    unclear,
)
from ecluse.loop.deploy.schema.sql import taken_away
from ecluse.manifest.syntax import argument, assignments, literal, name_of, text_of
from ecluse.model.app import Argv

PLACES = frozenset(("versions", "revisions", "migrations", "alembic"))
"""Folders in which revisions are looked for, at any depth."""
ENDS = frozenset({(), ("head",), ("heads",)})
NOTHING = frozenset({"f", "get_context", "inline_literal", "batch_alter_table"})
ADDING = frozenset(
    ("create_table", "create_index", "drop_index", "drop_constraint", "create_table_comment", "drop_table_comment",
     "bulk_insert")
)  # fmt: skip
"""Operations that a release which doesn't know them never notices."""
_LINE = re.compile(r"^([\w.-]+)((?:\s+\([^)]*\))*)\s*$", re.MULTILINE)


def tool(words: Argv) -> Tool | None:
    """For the words of one command; None when it is neither `alembic upgrade` nor `flask db upgrade`."""
    at = next((place for place, word in enumerate(words) if word == "upgrade" and _is_alembic(words[:place])), None)
    if at is None:
        return None
    given, rest = _options(words[at + 1 :])
    question = (*words[:at], "current", *given)
    return Tool(name="alembic", matters=matters, read=read, answer=answer, question=question, is_whole=rest in ENDS)


def matters(path: str) -> bool:
    *folders, file = path.split("/")
    return file.endswith(".py") and not PLACES.isdisjoint(folders) and ASIDE.isdisjoint(folders)


def read(files: Files) -> tuple[Migration, ...]:
    found = (_migration(path, files[path]) for path in sorted(files))
    return tuple(one for one in found if one is not None)


def answer(output: str, known: tuple[Migration, ...]) -> Standing | None:
    """`3f2a1b (head)`, one a line, among the lines of its log. All that leads there is applied.

    None where we and Alembic don't agree: on a name that we don't know, or on whether this is the end.
    """
    lines = _LINE.findall(output)
    applied = ancestors(known, {name for name, _ in lines})
    pending = tuple(one.name for one in known if one.name not in applied)
    is_end = all("head" in marks for _, marks in lines)
    if not known or not applied <= {one.name for one in known} or (not pending and not is_end):
        return None
    return Standing(applied=tuple(one.name for one in known if one.name in applied), pending=pending)


def ancestors(known: tuple[Migration, ...], current: set[str]) -> frozenset[str]:
    """The revisions named, and all that come before them."""
    parents = {one.name: one.parents for one in known}
    found: set[str] = set()
    left = list(current)
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += parents.get(name, ())
    return frozenset(found)


def _is_alembic(before: Argv) -> bool:
    is_flask = len(before) > 1 and before[-1] == "db" and any(PurePosixPath(word).name == "flask" for word in before)
    return is_flask or any(PurePosixPath(word).name == "alembic" for word in before)


def _options(words: Argv) -> tuple[Argv, Argv]:
    """Flask-Migrate's folder, which the question needs too, and what is left."""
    for place, word in enumerate(words):
        if word in {"-d", "--directory"}:
            return words[place : place + 2], (*words[:place], *words[place + 2 :])
        if word.startswith("--directory="):
            return (word,), (*words[:place], *words[place + 1 :])
    return (), words


def _migration(path: str, text: str) -> Migration | None:
    body = parsed(text)
    values = {target: literal(value) for target, value, _ in assignments(body.body)} if body else {}
    revision = values.get("revision")
    if body is None or not isinstance(revision, str) or "down_revision" not in values:
        return None
    return Migration(
        name=revision,
        path=path,
        effects=_effects(body),
        parents=(*_names(values["down_revision"]), *_names(values.get("depends_on"))),
    )


def _names(value: object) -> tuple[str, ...]:
    """None, one, or several for a merge."""
    if isinstance(value, str):
        return (value,)
    return tuple(str(name) for name in value) if isinstance(value, tuple | list) else ()


def _effects(body: ast.Module) -> Effects:
    functions = {node.name: node for node in body.body if isinstance(node, ast.FunctionDef)}
    tables = {"op": "", **dict(_batches(body))}
    calls = [call for function in _reached(functions) for call in _calls(function)]
    found = EXPANDS.and_(*(_call(call, tables) for call in calls))
    if not calls or not _refuses(functions.get("downgrade")):
        return found
    return found.and_(contracts("can't be reversed: its downgrade does nothing"))


def _reached(functions: Mapping[str, ast.FunctionDef]) -> Iterator[ast.FunctionDef]:
    """`upgrade`, those named after it (one for each database), and what they call of the module."""
    left = [name for name in functions if name.startswith("upgrade")]
    seen: set[str] = set()
    while left:
        name = left.pop(0)
        if name in seen:
            continue
        seen.add(name)
        yield functions[name]
        left += [called for call in _calls(functions[name]) if (called := name_of(call.func)) in functions]


def _calls(function: ast.FunctionDef) -> Iterator[ast.Call]:
    return (node for node in ast.walk(function) if isinstance(node, ast.Call))


def _batches(body: ast.Module) -> Iterator[tuple[str, str]]:
    """`with op.batch_alter_table("orders") as batch_op`: the name, and the table it is about."""
    for node in ast.walk(body):
        match node:
            case ast.withitem(context_expr=ast.Call() as made, optional_vars=ast.Name(id=name)):
                if name_of(made.func) == "op.batch_alter_table":
                    yield name, text_of(argument(made, 0, "table_name"))


def _call(call: ast.Call, tables: Mapping[str, str]) -> Effects:
    """One call in an upgrade; what isn't an operation is part of one, or code of the app's."""
    who, _, name = name_of(call.func).rpartition(".")
    if who not in tables:
        return unclear("runs code of its own") if name in {"execute", "commit"} else EXPANDS
    if name in ADDING or name in NOTHING:
        return EXPANDS
    words = [text_of(word) or "?" for word in call.args]
    return OPERATIONS.get(name, _strange)(call, [tables[who], *words] if tables[who] else words)


def _strange(call: ast.Call, _: list[str]) -> Effects:
    return unclear(f"{name_of(call.func).rpartition('.')[2]} may be more than an addition")


def _altered(call: ast.Call, words: list[str]) -> Effects:
    given, column = {word.arg: word.value for word in call.keywords}, ".".join(words[:2])
    if new := text_of(given.get("new_column_name")):
        return contracts(f"renames {column} to {new}")
    if "type_" in given or literal(given.get("nullable")) is False:
        return unclear(f"alters {column}")
    return EXPANDS


def _added(call: ast.Call, words: list[str]) -> Effects:
    column = next((word for word in call.args if isinstance(word, ast.Call)), None)
    given = {word.arg: word.value for word in column.keywords} if column else {}
    marks = [name_of(word.func) for word in column.args if isinstance(word, ast.Call)] if column else []
    makes_its_own = any(mark.endswith(("Computed", "Identity")) for mark in marks)
    if literal(given.get("nullable")) is not False or "server_default" in given or makes_its_own:
        return EXPANDS
    name = text_of(argument(column, 0, "name")) if column else "?"
    return stops_inserts(f"{words[0]}.{name}")


def _sql(call: ast.Call, _: list[str]) -> Effects:
    texts = [str(node.value) for word in call.args for node in ast.walk(word) if isinstance(node, ast.Constant)]
    found = taken_away("; ".join(texts))
    return contracts(f"runs `{found}`") if found else unclear("runs SQL")


def _refuses(downgrade: ast.FunctionDef | None) -> bool:
    """Whether it is missing, empty, or raises."""
    if downgrade is None:
        return True
    return all(isinstance(node, ast.Pass | ast.Raise) or _is_text(node) for node in downgrade.body)


def _is_text(node: ast.stmt) -> bool:
    """A docstring, or `...`."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


OPERATIONS: Mapping[str, Callable[[ast.Call, list[str]], Effects]] = {
    "drop_column": lambda _, words: contracts(f"drops {'.'.join(words[:2])}"),
    "drop_table": lambda _, words: contracts(f"drops {words[0]}"),
    "rename_table": lambda _, words: contracts(f"renames {' to '.join(words[:2])}"),
    "alter_column": _altered,
    "add_column": _added,
    "execute": _sql,
    "get_bind": lambda *_: unclear("runs code of its own"),
}
