"""Files that Django leaves to another server: its own serves them under `runserver` only.

Style sheets where `django.contrib.staticfiles` is installed and no whitenoise; uploads where the URLs serve them to
developers (`static(settings.MEDIA_URL, …)`, which is empty unless DEBUG). Uploads that no URL serves stay private.
"""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator
from itertools import islice

from ecluse.manifest.detect.django import near, settings_modules, settings_named
from ecluse.manifest.detect.facts import LIKELY, SURE, Fact, Kind
from ecluse.manifest.detect.paths import path_of
from ecluse.manifest.detect.tree import Tree
from ecluse.manifest.syntax import Module, text_of

COLLECTED = "collected-static/"
"""Where style sheets are collected for a project that doesn't say where."""
INTO = (
    "from django.conf import settings; settings.STATIC_ROOT = '{folder}'; import django; django.setup(); "
    "from django.core.management import call_command; call_command('collectstatic', interactive=False)"
)
"""As `manage.py collectstatic`, which refuses to run without STATIC_ROOT."""
VARIABLE = "DJANGO_SETTINGS_MODULE"


def read(tree: Tree) -> Iterator[Fact]:
    for folder, name, modules in projects(tree):
        yield from styles(tree, folder, name, modules)
        yield from uploads(tree, folder, modules)


def projects(tree: Tree) -> Iterator[tuple[str, str, tuple[Module, ...]]]:
    """Folder, settings module and its files, of each project."""
    for path in tree.named("manage.py"):
        folder = posixpath.dirname(path) or "."
        named = sorted(settings_named(tree, path, folder), key=lambda fact: -fact.confidence)
        if any(fact.file == path for fact in named):
            yield folder, named[0].value, tuple(settings_modules(tree, folder, named[0].value))


def media(tree: Tree) -> Iterator[Fact]:
    """The folders for uploads."""
    for _, _, modules in projects(tree):
        for module, value, line in assigned(modules, "MEDIA_ROOT"):
            if path := path_of(module, value):
                yield Fact(kind=Kind.STATE, value=f"{path}/", file=module.path, line=line, confidence=SURE)


def styles(tree: Tree, folder: str, name: str, modules: tuple[Module, ...]) -> Iterator[Fact]:
    text = "".join(tree.text(module.path) for module in modules)
    prefix, where, line = url(modules, "STATIC_URL")
    if not prefix or "django.contrib.staticfiles" not in text or "whitenoise.middleware" in text:
        return
    kept = next((path for module, value, _ in assigned(modules, "STATIC_ROOT") if (path := path_of(module, value))), "")
    confidence = near(posixpath.join(folder, "manage.py"))
    if not kept:
        setting = f"{VARIABLE}={name}"
        place = "" if folder == "." else f"cd {folder} && "
        into = INTO.format(folder=posixpath.relpath(COLLECTED, folder))
        yield Fact(kind=Kind.PREPARE, value=f'{place}{setting} python -c "{into}"', file=where, line=line,
                   confidence=confidence - 0.1, label="no STATIC_ROOT is set")  # fmt: skip
    yield Fact(kind=Kind.STATIC, value=prefix, label=f"{kept}/" if kept else COLLECTED, file=where, line=line,
               confidence=confidence)  # fmt: skip


def uploads(tree: Tree, folder: str, modules: tuple[Module, ...]) -> Iterator[Fact]:
    prefix, _, _ = url(modules, "MEDIA_URL")
    kept = next((path for module, value, _ in assigned(modules, "MEDIA_ROOT") if (path := path_of(module, value))), "")
    if not prefix or not kept:
        return
    for module in tree.modules("MEDIA_URL"):
        for call in module.calls() if folder == "." or module.path.startswith(f"{folder}/") else ():
            is_served = module.origin(call.func) == "django.conf.urls.static.static"
            if is_served and call.args and "MEDIA_URL" in ast.unparse(call.args[0]):
                yield Fact(kind=Kind.STATIC, value=prefix, label=f"{kept}/", file=module.path, line=call.lineno,
                           confidence=LIKELY)  # fmt: skip
                return


def url(modules: tuple[Module, ...], name: str) -> tuple[str, str, int]:
    """A URL of the settings as a prefix of paths, with its place; empty for one on another host."""
    for module, value, line in islice(assigned(modules, name), 1):
        text = text_of(value) or (text_of(default(value)) if isinstance(value, ast.Call) else "")
        if text and "//" not in text and text.strip("/"):
            return f"/{text.strip('/')}/", module.path, line
    return "", "", 0


def default(call: ast.Call) -> ast.expr | None:
    """What a reading of the environment gives when nothing is set."""
    named = next((item.value for item in call.keywords if item.arg == "default"), None)
    return named or (call.args[1] if len(call.args) > 1 else None)


def assigned(modules: tuple[Module, ...], name: str) -> Iterator[tuple[Module, ast.expr, int]]:
    """Where a setting is set, what the nearest module says last first."""
    for module in modules:
        found = [(module, value, line) for target, value, line in module.assigned() if target == name]
        yield from reversed(found)
