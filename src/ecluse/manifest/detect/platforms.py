"""What hosting platforms and frameworks are told to start: their files hold a command line or an app's name."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.manifest.detect import commandline
from ecluse.manifest.detect.commandline import Line
from ecluse.manifest.detect.facts import LIKELY, SURE, Fact, Kind
from ecluse.manifest.detect.nodes import Node
from ecluse.manifest.detect.tree import Tree
from ecluse.manifest.envtext import assigned
from ecluse.manifest.syntax import text_of

COMMANDS = frozenset(("entrypoint", "startCommand", "start_command", "run_command", "cmd"))
"""Keys of a command that serves (App Engine, Render, Railway, DigitalOcean, Nixpacks)."""
YAML = ("app.yaml", "render.yaml", "heroku.yml", ".do/app.yaml", ".platform.app.yaml")
TOML = ("railway.toml", "nixpacks.toml", "fly.toml")
NAMED = {"FLASK_APP": Kind.WSGI, "QUART_APP": Kind.ASGI, "LITESTAR_APP": Kind.ASGI}
ENV_FILES = (".flaskenv", ".env", ".quartenv")


def read(tree: Tree) -> Iterator[Fact]:
    yield from in_yaml(tree)
    yield from in_toml(tree)
    yield from in_pyproject(tree)
    yield from in_gunicorn(tree)
    yield from in_env_files(tree)


def in_yaml(tree: Tree) -> Iterator[Fact]:
    for file in YAML:
        for name, node in tree.yaml(file).walk():
            if name in COMMANDS and node.text:
                yield from commandline.serving(tree, node.text, at(file, node))
        yield from of_processes(tree, file, tree.yaml(file).at("run"))


def of_processes(tree: Tree, file: str, table: Node) -> Iterator[Fact]:
    """heroku.yml's `run`: names of processes with their commands."""
    for name, node in table.items().items():
        command = node.text or node.at("command").text or " ".join(node.at("command").texts())
        if name == "web":
            yield from commandline.serving(tree, command, at(file, node))
        elif command:
            yield Fact(kind=Kind.WORKER, value=command, file=file, line=node.line, confidence=LIKELY, label=name)


def at(file: str, node: Node) -> Line:
    return Line(file=file, line=node.line, confidence=LIKELY)


def in_toml(tree: Tree) -> Iterator[Fact]:
    for file in TOML:
        for table in (tree.table(file, "deploy"), tree.table(file, "start"), tree.table(file, "processes")):
            for name, command in table.items():
                if not isinstance(command, str):
                    continue
                where = Line(file=file, line=tree.line(file, command), confidence=LIKELY)
                if name in COMMANDS or name in {"app", "web"}:
                    yield from commandline.serving(tree, command, where)
                elif name not in {"release_command", "strategy"} and "processes" in tree.toml(file):
                    yield from commandline.process(tree, command, Line(
                        file=file, line=where.line, confidence=LIKELY, name=name))  # fmt: skip


def in_pyproject(tree: Tree) -> Iterator[Fact]:
    """`[tool.fastapi] entrypoint = "shop.main:app"`"""
    file = "pyproject.toml"
    for tool, key in (("fastapi", "entrypoint"), ("flask", "app"), ("litestar", "app"), ("quart", "app")):
        if isinstance(named := tree.table(file, "tool", tool).get(key), str):
            kind = Kind.WSGI if tool == "flask" else Kind.ASGI
            where = Line(file=file, line=tree.line(file, named), confidence=SURE + 0.05)
            yield from commandline.named_app(tree, named, kind, where)


def in_gunicorn(tree: Tree) -> Iterator[Fact]:
    """gunicorn's own settings, which are Python (docs.gunicorn.org, "wsgi_app")."""
    for file in ("gunicorn.conf.py", "gunicorn_config.py", "gunicorn_conf.py"):
        module = tree.module(file)
        for name, value, line in module.assigned() if module else ():
            if name == "wsgi_app" and (target := text_of(value)):
                yield from commandline.serving(tree, f"gunicorn {target}", Line(file=file, line=line, confidence=SURE))


def in_env_files(tree: Tree) -> Iterator[Fact]:
    for file in ENV_FILES:
        for name, named in assigned(tree.text(file)).items():
            if name in NAMED:
                where = Line(file=file, line=tree.line(file, name), confidence=SURE)
                yield from commandline.named_app(tree, named, NAMED[name], where)
