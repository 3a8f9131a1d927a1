"""Background processes that the code declares (those of a Procfile are read there)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ecluse.manifest.detect.facts import GUESS, LIKELY, Fact, Kind
from ecluse.manifest.detect.tree import Tree
from ecluse.manifest.syntax import Module

IN_FILES = re.compile(r"\b(SqliteHuey|FileHuey|sqla\+sqlite:|filesystem:)(?=\(|['\"]|//)")


def read(tree: Tree) -> Iterator[Fact]:
    yield from celery(tree)
    yield from huey(tree)
    yield from rq(tree)
    yield from declared(tree)
    yield from in_files(tree)


def celery(tree: Tree) -> Iterator[Fact]:
    for module in tree.modules("Celery("):
        for _, value, line in module.assigned():
            if isinstance(value, ast.Call) and module.origin(value.func) in {"celery.Celery", "celery.app.Celery"}:
                app = module.name.removesuffix(".celery")
                yield Fact(kind=Kind.WORKER, value=f"celery -A {app} worker", file=module.path, line=line,
                           confidence=LIKELY, folder=module.folder, label="worker")  # fmt: skip


def huey(tree: Tree) -> Iterator[Fact]:
    manage = next(tree.named("manage.py"), "")
    for module in tree.modules("huey"):
        text = tree.text(module.path)
        if manage and "huey.contrib.djhuey" in text:
            yield Fact(kind=Kind.WORKER, value=f"python {manage} run_huey", file=module.path,
                       line=tree.line(module.path, "huey.contrib.djhuey"), confidence=LIKELY, label="huey")  # fmt: skip
        for name, value, line in module.assigned():
            if isinstance(value, ast.Call) and module.origin(value.func).startswith("huey."):
                yield Fact(kind=Kind.WORKER, value=f"huey_consumer.py {module.name}.{name}", file=module.path,
                           line=line, confidence=LIKELY, folder=module.folder, label="huey")  # fmt: skip


def in_files(tree: Tree) -> Iterator[Fact]:
    """Queues in SQLite or folders (huey.readthedocs.io, "Huey storage"; docs.celeryq.dev, "Backends and Brokers")."""
    for module in tree.modules("SqliteHuey", "FileHuey", "sqla+sqlite", "filesystem://"):
        if match := IN_FILES.search(tree.text(module.path)):
            yield Fact(kind=Kind.QUEUE, value=match.group(1), file=module.path,
                       line=tree.line(module.path, match.group(1)), confidence=LIKELY)  # fmt: skip


def declared(tree: Tree) -> Iterator[Fact]:
    """Dramatiq's actors, arq's settings, taskiq's and procrastinate's apps."""
    for module in tree.modules("dramatiq", "WorkerSettings", "taskiq", "procrastinate"):
        for node in module.body.body:
            if isinstance(node, ast.ClassDef) and node.name == "WorkerSettings":
                yield worker(module, f"arq {module.name}.WorkerSettings", node.lineno, "arq")
        for name, value, line in module.assigned():
            origin = module.origin(value.func) if isinstance(value, ast.Call) else ""
            if origin.startswith(("taskiq", "taskiq_")) and origin.endswith("Broker"):
                yield worker(module, f"taskiq worker {module.name}:{name}", line, "taskiq")
            if origin == "procrastinate.App":
                yield worker(module, f"procrastinate --app={module.name}.{name} worker", line, "procrastinate")
        actors = [function for function in module.functions() for each in function.decorator_list
                  if module.origin(getattr(each, "func", each)) == "dramatiq.actor"]  # fmt: skip
        if actors:
            yield worker(module, f"dramatiq {module.name}", actors[0].lineno, "dramatiq")


def worker(module: Module, command: str, line: int, name: str) -> Fact:
    return Fact(kind=Kind.WORKER, value=command, file=module.path, line=line, confidence=LIKELY, folder=module.folder,
                label=name)  # fmt: skip


def rq(tree: Tree) -> Iterator[Fact]:
    manage = next(tree.named("manage.py"), "")
    for module in tree.modules("django_rq", "from rq "):
        command = f"python {manage} rqworker" if manage else "rq worker"
        needle = "django_rq" if manage else "from rq "
        yield Fact(kind=Kind.WORKER, value=command, file=module.path, line=tree.line(module.path, needle),
                   confidence=GUESS, label="rq")  # fmt: skip
        return
