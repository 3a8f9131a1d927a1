"""A Django project: manage.py, its settings, and what the settings say about entry point and data."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from ecluse.manifest.detect import envfiles
from ecluse.manifest.detect.facts import LIKELY, SURE, Fact, Kind
from ecluse.manifest.detect.paths import path_of
from ecluse.manifest.detect.tree import Tree
from ecluse.manifest.syntax import Module, argument, literal, text_of

VARIABLE = "DJANGO_SETTINGS_MODULE"
BARE = "only the variable names it"
RUNS = "execute_from_command_line"
"""What every manage.py calls."""


def read(tree: Tree) -> Iterator[Fact]:
    for path in tree.named("manage.py"):
        folder = str(PurePosixPath(path).parent)
        named = sorted(settings_named(tree, path, folder), key=lambda fact: -fact.confidence)
        if not named or not (any(fact.file == path for fact in named) or RUNS in tree.text(path)):
            continue
        yield from named
        yield Fact(kind=Kind.MIGRATE, value=f"python {path} migrate --noinput", file=path, confidence=near(path))
        for settings in settings_modules(tree, folder, named[0].value):
            yield from of_settings(settings, path, folder)


def settings_named(tree: Tree, manage: str, folder: str) -> Iterator[Fact]:
    """Each settings module that manage.py and the entry points beside it ask for.

    Those for development are surer than others, what can't be overruled from outside is surer than what can, and
    manage.py is surer than the rest: there is one answer for whatever runs.
    """
    if manage.count("/") > 2:  # noqa: PLR2004 (deeper ones are examples and test projects)
        return
    found = []
    for module in (tree.module(manage), *tree.modules(VARIABLE)):
        if module is None or (folder != "." and not module.path.startswith(f"{folder}/")):
            continue
        for name, line, forced in asked_for(module):
            confidence = near(manage) + likelihood(name) - (0.02 if module.path != manage else 0)
            found.append(Fact(kind=Kind.SETTINGS, value=name, file=module.path, line=line, folder=folder,
                              confidence=1.0 if forced else confidence))  # fmt: skip
    yield from found
    if not found and (name := envfiles.examples(tree).get(VARIABLE, "")) and file_of(tree, folder, name):
        yield Fact(kind=Kind.SETTINGS, value=name, file=manage, folder=folder, confidence=near(manage), label=BARE)
    for fact in found:
        if likelihood(fact.value) < 0 and (name := for_developers(tree, folder, fact.value)):
            yield replace(fact, value=name, file=file_of(tree, folder, name) or fact.file, line=0,
                          confidence=near(manage) + likelihood(name))  # fmt: skip


def for_developers(tree: Tree, folder: str, name: str) -> str:
    """The settings for development that lie beside others, empty where there are none."""
    package = name.rpartition(".")[0]
    beside = (f"{package}.{word}" for word in ("development", "dev", "local", "develop"))
    return next((other for other in beside if file_of(tree, folder, other)), "")


def asked_for(module: Module) -> Iterator[tuple[str, int, bool]]:
    """Settings module, line, and whether it is set whatever the environment says."""
    for call in module.calls():
        given = argument(call, 1, "default")
        if call.args and text_of(call.args[0]) == VARIABLE and text_of(given):
            yield text_of(given), call.lineno, False
    for node in module.walk():
        if isinstance(node, ast.Assign) and text_of(node.value):
            for target in node.targets:
                if isinstance(target, ast.Subscript) and text_of(target.slice) == VARIABLE:
                    yield text_of(node.value), node.lineno, True


def likelihood(name: str) -> float:
    """Settings for development want the least of a machine, those for production the most."""
    last = name.rpartition(".")[2]
    return 0.05 if last.startswith(("dev", "local")) else -0.05 if last.startswith(("prod", "stag")) else 0.0


def near(path: str) -> float:
    return SURE - path.count("/") / 10


def settings_modules(tree: Tree, folder: str, name: str) -> Iterator[Module]:
    """The settings module and those of its own package that it imports with a star."""
    pending, seen = [file_of(tree, folder, name)], set[str]()
    while pending:
        path = pending.pop()
        if path is None or path in seen or (module := tree.module(path)) is None:
            continue
        seen.add(path)
        yield module
        pending += [file_of(tree, folder, star) for star in module.stars]


def file_of(tree: Tree, folder: str, name: str) -> str | None:
    stem = str(PurePosixPath(folder) / name.replace(".", "/"))
    return next((path for path in (f"{stem}.py", f"{stem}/__init__.py") if path in tree), None)


def for_development(module: Module) -> Iterator[Fact]:
    """`startproject` writes DEBUG and SECRET_KEY as a developer wants them (docs.djangoproject.com, "Deployment
    checklist"). Settings that are named for development, or read a variable for it, mean it."""
    if likelihood(module.name) > 0:
        return
    held = {name: (value, line) for name, value, line in module.assigned() if name in {"DEBUG", "SECRET_KEY"}}
    for name, (value, line) in held.items():
        said = literal(value)
        if (name == "DEBUG" and said is True) or (name == "SECRET_KEY" and isinstance(said, str) and said):
            shown = "DEBUG = True" if name == "DEBUG" else name
            yield Fact(kind=Kind.DEVELOPMENT, value=shown, file=module.path, line=line, confidence=SURE)


def of_settings(module: Module, manage: str, folder: str) -> Iterator[Fact]:
    yield from for_development(module)
    for name, value, line in module.assigned():
        if name in {"WSGI_APPLICATION", "ASGI_APPLICATION"} and (dotted := text_of(value)):
            where, _, attribute = dotted.rpartition(".")
            kind = Kind.WSGI if name.startswith("WSGI") else Kind.ASGI
            yield Fact(kind=kind, value=f"{where}:{attribute}", file=module.path, line=line, folder=folder,
                       confidence=SURE + (0.05 if kind is Kind.ASGI else 0.02))  # fmt: skip
        elif name == "DATABASES":
            yield from databases(module, value)
        elif name == "MEDIA_ROOT" and (path := path_of(module, value)):
            yield Fact(kind=Kind.STATE, value=f"{path}/", file=module.path, line=line, confidence=SURE)
        elif name == "STATIC_ROOT" and path_of(module, value):
            yield Fact(kind=Kind.PREPARE, value=f"python {manage} collectstatic --noinput", file=module.path, line=line,
                       confidence=LIKELY)  # fmt: skip
        elif name == "ALLOWED_HOSTS":
            yield from hosts(module, value, line)


ANY = "any"
"""Of a host: others are let in, too."""


def databases(module: Module, value: ast.expr) -> Iterator[Fact]:
    """Each SQLite file in DATABASES."""
    for table in ast.walk(value):
        if not isinstance(table, ast.Dict):
            continue
        entries = {text_of(key): item for key, item in zip(table.keys, table.values, strict=True)}
        if "sqlite" in text_of(entries.get("ENGINE")).lower() and (path := path_of(module, entries.get("NAME"))):
            yield Fact(kind=Kind.STATE, value=path, file=module.path, line=table.lineno, confidence=SURE)


def hosts(module: Module, value: ast.expr, line: int) -> Iterator[Fact]:
    listed = literal(value)
    names = [str(host).lstrip(".") for host in listed] if isinstance(listed, list | tuple) else []
    for name in names:
        if name not in {"", "*", "testserver"}:  # the last is what Django's own test client is called
            yield Fact(kind=Kind.HOST, value=name, file=module.path, line=line, label=ANY if "*" in names else "")
