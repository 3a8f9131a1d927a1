"""Console scripts whose code starts a server."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.manifest.detect import setuppy
from ecluse.manifest.detect.facts import GUESS, Fact, Kind
from ecluse.manifest.detect.tree import Tree

SERVES = ("uvicorn", "hypercorn", "waitress", "gunicorn", "serve_forever", "wsgiref", "aiohttp", "tornado", "app.run(")
"""Texts one of which stands in a module that starts a server."""


def read(tree: Tree) -> Iterator[Fact]:
    for file, line, name, target in declared(tree):
        path = f"{target.partition(':')[0].replace('.', '/')}.py"
        text = tree.text(path) or tree.text(f"src/{path}")
        if not any(word in text for word in SERVES):
            continue
        option = "--port" if "--port" in text or "port" in text else ""
        serve = " serve" if "def serve(" in text else ""
        command = f"{name}{serve} {option} $PORT".replace("  ", " ")
        yield Fact(kind=Kind.COMMAND, value=command, file=file, line=line, confidence=GUESS - 0.2, label="port")


def declared(tree: Tree) -> Iterator[tuple[str, int, str, str]]:
    """File, line, name and `module:function` of each console script."""
    for table in (("project", "scripts"), ("tool", "poetry", "scripts")):
        for name, target in tree.table("pyproject.toml", *table).items():
            if isinstance(target, str):
                yield "pyproject.toml", tree.line("pyproject.toml", target), name, target
    listed = tree.ini("setup.cfg").get("options.entry_points", "console_scripts", fallback="")
    for name, target in setuppy.console_scripts({"console_scripts": listed}).items():
        yield "setup.cfg", tree.line("setup.cfg", target), name, target
    points, _ = setuppy.keywords(tree).get("entry_points", (None, 0))
    for name, target in setuppy.console_scripts(points).items():
        yield "setup.py", tree.line("setup.py", target), name, target
