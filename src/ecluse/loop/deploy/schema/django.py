"""Django's migrations: which there are, what they do, which are applied.

https://docs.djangoproject.com/en/stable/ref/migration-operations/ and `django-admin showmigrations`.
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

PROGRAMS = frozenset({"manage.py", "django-admin", "django-admin.py"})
ADDING = frozenset(
    ("CreateModel", "AddIndex", "RemoveIndex", "RenameIndex", "RemoveConstraint", "AlterModelOptions",
     "AlterModelManagers", "AlterModelTableComment", "AddIndexConcurrently", "RemoveIndexConcurrently",
     "CreateCollation", "ValidateConstraint")
)  # fmt: skip
"""Operations that a release which doesn't know them never notices; those of extensions too."""
PASSED_ON = ("--settings", "--pythonpath", "--database")
ENDING = ("--noinput", "--no-input", "--verbosity", "-v", "--no-color", "--traceback")
_LINE = re.compile(r"^\[([ X])\]\s+(\S+)", re.MULTILINE)


def tool(words: Argv) -> Tool | None:
    """For the words of one command; None when it isn't Django's `migrate`."""
    at = next((place for place, word in enumerate(words) if word == "migrate" and _is_django(words[:place])), None)
    if at is None:
        return None
    given, rest = _options(words[at + 1 :])
    question = (*words[:at], "showmigrations", "--plan", *given)
    return Tool(name="django", matters=matters, read=read, answer=answer, question=question, is_whole=not rest)


def matters(path: str) -> bool:
    *folders, file = path.split("/")
    if not file.endswith(".py") or not ASIDE.isdisjoint(folders):
        return False
    return file == "apps.py" or (folders[-1:] == ["migrations"] and len(folders) > 1 and file[0] not in "_~")


def read(files: Files) -> tuple[Migration, ...]:
    found = (_migration(path, files) for path in sorted(files) if not path.endswith("/apps.py") and path != "apps.py")
    return tuple(one for one in found if one is not None)


def answer(output: str, _: tuple[Migration, ...]) -> Standing | None:
    """`[X]  shop.0001_initial`, one a line, in the order in which they are applied."""
    lines = _LINE.findall(output)
    if not lines and "(no migrations)" not in output:
        return None
    return Standing(
        applied=tuple(name for mark, name in lines if mark == "X"),
        pending=tuple(name for mark, name in lines if mark == " "),
    )


def _is_django(before: Argv) -> bool:
    return before[-2:] == ("-m", "django") or (bool(before) and PurePosixPath(before[-1]).name in PROGRAMS)


def _options(words: Argv) -> tuple[Argv, bool]:
    """What the question needs of the options, and whether anything is left that makes `migrate` more, or less, than
    all of it."""
    given: list[str] = []
    left = list(words)
    rest = False
    while left:
        name, equals, _ = left[0].partition("=")
        takes = not equals and name in {*PASSED_ON, "--verbosity", "-v"}
        taken, left = left[: 1 + takes], left[1 + takes :]
        if name in PASSED_ON:
            given += taken
        rest = rest or name not in {*PASSED_ON, *ENDING}
    return tuple(given), rest


def _migration(path: str, files: Files) -> Migration | None:
    body = parsed(files[path])
    *package, _, file = path.split("/")
    label, name = _label("/".join(package), files), file.removesuffix(".py")
    if body is None:
        return Migration(name=f"{label}.{name}", path=path, effects=unclear("it can't be read"))
    found = next((node for node in body.body if isinstance(node, ast.ClassDef) and node.name == "Migration"), None)
    if found is None:
        return None
    values = {target: value for target, value, _ in assignments(found.body)}
    return Migration(
        name=f"{label}.{name}",
        path=path,
        effects=_effects(values.get("operations"), changed=_changes_operations(found)),
        parents=tuple(f"{app}.{one}" for app, one in _pairs(values.get("dependencies")) if app == label),
        replaces=tuple(f"{app}.{one}" for app, one in _pairs(values.get("replaces"))),
    )


def _label(package: str, files: Files) -> str:
    """The last part of the package, unless its AppConfig says otherwise."""
    apps = parsed(files.get(f"{package}/apps.py", "")) or ast.Module(body=[], type_ignores=[])
    for node in apps.body:
        if isinstance(node, ast.ClassDef):
            for target, value, _ in assignments(node.body):
                if target == "label" and text_of(value):
                    return text_of(value)
    return package.rpartition("/")[2]


def _pairs(expression: ast.expr | None) -> Iterator[tuple[str, str]]:
    """`("shop", "0001_initial")` in a list; `swappable_dependency(…)` is none."""
    for item in getattr(expression, "elts", ()):
        value = literal(item)
        if isinstance(value, tuple) and len(value) == 2:  # noqa: PLR2004
            yield str(value[0]), str(value[1])


def _changes_operations(migration: ast.ClassDef) -> bool:
    return any(isinstance(node, ast.AugAssign) and name_of(node.target) == "operations" for node in migration.body)


def _effects(operations: ast.expr | None, *, changed: bool = False) -> Effects:
    if operations is None and not changed:
        return EXPANDS
    if changed or not isinstance(operations, ast.List | ast.Tuple):
        return unclear("its operations can't be read")
    return EXPANDS.and_(*(_operation(item) for item in operations.elts))


def _operation(item: ast.expr) -> Effects:
    if not isinstance(item, ast.Call):
        return unclear("an operation can't be read")
    name = name_of(item.func).rpartition(".")[2]
    if name in ADDING or name.endswith("Extension"):
        return EXPANDS
    return OPERATIONS.get(name, _strange)(item)


def _strange(call: ast.Call) -> Effects:
    return unclear(f"{name_of(call.func).rpartition('.')[2] or 'an operation'} may be more than an addition")


def _field(call: ast.Call) -> str:
    return f"{_told(call, 0, 'model_name')}.{_told(call, 1, 'name')}"


def _renamed_field(call: ast.Call) -> Effects:
    old, new = _told(call, 1, "old_name"), _told(call, 2, "new_name")
    return contracts(f"renames {_told(call, 0, 'model_name')}.{old} to {new}")


def _separate(call: ast.Call) -> Effects:
    """What it does to the state alone, the database never sees."""
    given = argument(call, 0, "database_operations")
    return EXPANDS if given is None else _effects(given)


def _told(call: ast.Call, position: int, keyword: str) -> str:
    return text_of(argument(call, position, keyword)) or "?"


NO_VALUE = ("ManyToManyField", "GeneratedField", "GenericRelation", "TaggableManager")
"""Fields of which the table has no column, or one that the database fills."""


def _added(call: ast.Call) -> Effects:
    """A `default` is Django's own: it takes it out of the table again."""
    field = argument(call, 2, "field")
    name = name_of(field.func) if isinstance(field, ast.Call) else ""
    given = {word.arg: word.value for word in field.keywords} if isinstance(field, ast.Call) else {}
    if name.endswith(NO_VALUE) or literal(given.get("null")) is True or "db_default" in given:
        return EXPANDS
    if name.startswith("models.") or name.endswith("Field"):
        return stops_inserts(_field(call))
    return unclear(f"adds {_field(call)}, of a kind that isn't known")


def _sql(call: ast.Call) -> Effects:
    sql, reverse = argument(call, 0, "sql"), argument(call, 1, "reverse_sql")
    if name_of(sql).endswith("noop"):
        return EXPANDS
    texts = [str(node.value) for node in ast.walk(sql) if isinstance(node, ast.Constant)] if sql else []
    if found := taken_away("; ".join(texts)):
        return contracts(f"runs `{found}`")
    if reverse is None or literal(reverse) == "":
        return contracts("runs SQL that can't be reversed")
    return unclear("runs SQL")


def _code(call: ast.Call) -> Effects:
    code, reverse = argument(call, 0, "code"), argument(call, 1, "reverse_code")
    if name_of(code).endswith("noop"):
        return EXPANDS
    name = name_of(code) or "code"
    if reverse is None:
        return contracts(f"runs {name}, which can't be reversed")
    return unclear(f"runs {name}")


OPERATIONS: Mapping[str, Callable[[ast.Call], Effects]] = {
    "RemoveField": lambda call: contracts(f"removes {_field(call)}"),
    "DeleteModel": lambda call: contracts(f"deletes {_told(call, 0, 'name')}"),
    "RenameField": _renamed_field,
    "RenameModel": lambda call: contracts(f"renames {_told(call, 0, 'old_name')} to {_told(call, 1, 'new_name')}"),
    "AlterModelTable": lambda call: contracts(f"renames the table of {_told(call, 0, 'name')}"),
    "AddField": _added,
    "AlterField": lambda call: unclear(f"alters {_field(call)}"),
    "RunSQL": _sql,
    "RunPython": _code,
    "SeparateDatabaseAndState": _separate,
}
