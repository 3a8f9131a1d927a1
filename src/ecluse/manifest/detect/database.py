"""Migrations beside Django's, and database files that the code names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from ecluse.manifest.detect.facts import GUESS, LIKELY, SURE, Fact, Kind
from ecluse.manifest.detect.tree import Tree


def read(tree: Tree) -> Iterator[Fact]:
    yield from alembic(tree)
    yield from flask_migrate(tree)
    yield from sqlite_files(tree)


def alembic(tree: Tree) -> Iterator[Fact]:
    for path in tree.named("alembic.ini"):
        folder = str(PurePosixPath(path).parent)
        if folder.endswith("migrations"):
            continue  # Flask-Migrate's own copy
        yield Fact(kind=Kind.MIGRATE, value=alembic_command(tree, path, folder), file=path, folder=folder,
                   confidence=SURE - path.count("/") / 10)  # fmt: skip


def alembic_command(tree: Tree, path: str, folder: str) -> str:
    """Its script's place and its imports count from the folder where it is started, unless the file says otherwise."""
    if folder == ".":
        return "alembic upgrade head"
    lines = [
        line.partition("=")[2] for line in tree.text(path).splitlines() if re.match(r"(script_location|prepend)", line)
    ]
    anywhere = bool(lines) and all("%(here)s" in line for line in lines)
    return f"alembic -c {path} upgrade head" if anywhere else f"env -C {folder} alembic upgrade head"


def flask_migrate(tree: Tree) -> Iterator[Fact]:
    """`folder` is that of the revisions."""
    folder = next((path.removesuffix("/env.py") for path in tree.named("env.py") if is_of_revisions(path)), "")
    module = next(tree.modules("flask_migrate"), None) if folder else None
    if module:
        yield Fact(kind=Kind.MIGRATE, value="flask db upgrade", file=module.path, folder=folder,
                   line=tree.line(module.path, "flask_migrate"), confidence=LIKELY, label="flask")  # fmt: skip


def is_of_revisions(path: str) -> bool:
    return path.endswith("migrations/env.py")


def sqlite_files(tree: Tree) -> Iterator[Fact]:
    """Files of `sqlite:///name`. Flask-SQLAlchemy keeps relative ones in `instance/`."""
    in_instance = any("flask_sqlalchemy" in tree.text(path) for path in tree.named("*.py"))
    for module in tree.modules("sqlite:///", "sqlite+"):
        text = tree.text(module.path)
        for match in re.finditer(r"sqlite(?:\+\w+)?:///([\w][\w./-]*)", text):
            name = f"instance/{match.group(1)}" if in_instance else match.group(1)
            line = text.count("\n", 0, match.start()) + 1
            yield Fact(kind=Kind.STATE, value=name, file=module.path, line=line, confidence=GUESS)
