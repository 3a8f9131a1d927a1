"""Framework objects and factories: `app = Flask(…)`, `def create_app(): …`."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from ecluse.manifest.detect.facts import GUESS, LIKELY, SURE, Fact, Kind
from ecluse.manifest.detect.tree import Tree
from ecluse.manifest.syntax import Function, Module, assignments, callable_bare, name_of, nodes_of

FRAMEWORKS = {
    "flask.Flask": Kind.WSGI,
    "apiflask.APIFlask": Kind.WSGI,
    "connexion.FlaskApp": Kind.ASGI,
    "bottle.Bottle": Kind.WSGI,
    "falcon.App": Kind.WSGI,
    "falcon.API": Kind.WSGI,
    "falcon.asgi.App": Kind.ASGI,
    "fastapi.FastAPI": Kind.ASGI,
    "starlette.applications.Starlette": Kind.ASGI,
    "quart.Quart": Kind.ASGI,
    "sanic.Sanic": Kind.ASGI,
    "litestar.Litestar": Kind.ASGI,
    "blacksheep.Application": Kind.ASGI,
    "socketio.ASGIApp": Kind.ASGI,
    "nicegui.App": Kind.ASGI,
    "shiny.App": Kind.ASGI,
    "strawberry.asgi.GraphQL": Kind.ASGI,
    "ariadne.asgi.GraphQL": Kind.ASGI,
    "socketio.WSGIApp": Kind.WSGI,
    "cherrypy.Application": Kind.WSGI,
    "eve.Eve": Kind.WSGI,
    "dash.Dash": Kind.WSGI,
    "web.application": Kind.WSGI,
    "django.core.wsgi.get_wsgi_application": Kind.WSGI,
    "django.core.asgi.get_asgi_application": Kind.ASGI,
}
"""Classes whose instances are entered by a server, by full name."""

INSIDE = {"dash.Dash": ".server", "web.application": ".wsgifunc()"}
"""Where in such an object the app is, if it isn't the app itself."""
COMMON = (".App", ".API", ".Application", ".application", ".GraphQL")
"""Ends of names that anybody may give a class."""

BY_NAME = {full.rpartition(".")[2]: kind for full, kind in FRAMEWORKS.items() if not full.endswith(COMMON)}
"""For a copy of a framework inside the repository, or one imported through a module of its own."""

WORDS = tuple(dict.fromkeys((*(full.rpartition(".")[2] for full in FRAMEWORKS), "make_wsgi_app")))

FACTORIES = ("create_app", "make_app", "build_app", "get_app", "create_application", "make_application",
             "get_application", "application", "app", "init_app", "create_api", "app_factory")  # fmt: skip
OBJECTS = ("app", "application", "api", "asgi_app", "wsgi_app", "server", "web")
ROUTING = (".route", ".get", ".post", ".include_router", ".register_blueprint", ".mount", ".add_url_rule")
"""Calls on an app that show that it is the one which serves."""
MEANT = 0.1
"""What an object is surer than the factory that makes it."""
MODULES = ("wsgi", "asgi", "main", "app", "server", "autoapp", "web", "api", "application", "run", "core")
"""Usual names, the most usual first: what is called so is surer."""


def read(tree: Tree) -> Iterator[Fact]:
    yield from tree.once("apps", lambda: tuple(found(tree)))


def found(tree: Tree) -> Iterator[Fact]:
    known = {fact.value: fact.kind for module in tree.modules(*WORDS) for fact in factories(module)}
    for module in tree.modules(*WORDS, *FACTORIES[:8]):
        if not serves_at_once(module):
            yield from objects(module, known)
            yield from factories(module)


def objects(module: Module, known: Mapping[str, Kind]) -> Iterator[Fact]:
    """`known` are the factories of the repository: a file that is named for it and calls one does the rest as well
    that the makers want done before, such as reading an env file."""
    routed = {name_of(call.func).partition(".")[0] for call in module.calls() if name_of(call.func).endswith(ROUTING)}
    factory_kinds = {function.name: kind for function in module.functions() if (kind := makes(module, function))}
    for name, value, line in module.assigned():
        if not isinstance(value, ast.Call) or "." in name or not name:
            continue
        called = name_of(value.func)
        kind = kind_of(module, value.func) or factory_kinds.get(called)
        if kind is None and module.origin(value.func).rpartition(".")[2] in FACTORIES[:8]:
            factory = made_of(module, value)
            kind = known.get(factory, Kind.ASGI if module.name.endswith("asgi") else Kind.WSGI)
            is_meant = factory in known and usual(name, OBJECTS) > 0 and usual(module.name, MODULES) > 0
            base = LIKELY + MEANT if is_meant else GUESS
            yield entry(module, kind, name, line, base + usual(name, OBJECTS) + usual(module.name, MODULES))
        elif kind is not None and not defines(module, called):
            base = SURE - 0.1 if called in factory_kinds else LIKELY + (0.03 if name in routed else 0.0)
            attribute = name + INSIDE.get(module.origin(value.func), "")
            yield entry(module, kind, attribute, line, base + usual(name, OBJECTS) + usual(module.name, MODULES))


def made_of(module: Module, call: ast.Call) -> str:
    """The factory that is called, as a fact about it would call it."""
    home, _, name = module.origin(call.func).rpartition(".")
    return f"{home}:{name}()"


def serves_at_once(module: Module) -> bool:
    """Whether its import starts a server and so never ends: it can only be run as a program."""
    found = (node.value for node in module.body.body if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call))
    return any(name_of(call.func).rpartition(".")[2] in {"run", "run_app", "serve", "serve_forever"} for call in found)


def factories(module: Module) -> Iterator[Fact]:
    for function in module.functions():
        kind = makes(module, function)
        if kind is None or not callable_bare(function.args) or isinstance(function, ast.AsyncFunctionDef):
            continue  # one that wants arguments is for `factories`
        if function.name in FACTORIES or not function.name.startswith("_"):
            known = 0.1 if function.name in FACTORIES else -0.3
            yield entry(module, kind, f"{function.name}()", function.lineno, LIKELY + known + at_root(module))


def makes(module: Module, function: Function) -> Kind | None:
    """What a function returns, by its annotation or because it makes a framework object and returns that."""
    return module.once(f"made by {id(function)}", lambda: made_by(module, function))


def made_by(module: Module, function: Function) -> Kind | None:
    if function.returns is not None and (kind := kind_of(module, function.returns)):
        return kind
    nodes = nodes_of(function)
    made = {
        name: kind
        for name, value, _ in assignments([node for node in nodes if isinstance(node, ast.Assign | ast.AnnAssign)])
        if isinstance(value, ast.Call) and (kind := kind_of(module, value.func))
    }
    for node in nodes:
        if isinstance(node, ast.Return):
            if isinstance(node.value, ast.Call) and (kind := kind_of(module, node.value.func)):
                return kind
            if (name := name_of(node.value)) in made:
                return made[name]
    return None


def kind_of(module: Module, expression: ast.expr) -> Kind | None:
    """What calling it makes: a framework's class, one of this file that builds on it, or Pyramid's last call."""
    if isinstance(expression, ast.Attribute) and expression.attr == "make_wsgi_app":
        return Kind.WSGI
    origin = module.origin(expression)
    known = FRAMEWORKS.get(origin) or (BY_NAME.get(origin.rpartition(".")[2]) if origin else None)
    built_on = (FRAMEWORKS.get(module.origin(base)) for base in bases(module, origin))
    return known or next(filter(None, built_on), None)


def bases(module: Module, name: str) -> list[ast.expr]:
    classes = (node for node in module.body.body if isinstance(node, ast.ClassDef) and node.name == name)
    return [base for node in classes for base in node.bases]


def defines(module: Module, name: str) -> bool:
    """Whether the class is written in this very file: then it is a framework's own module."""
    return any(isinstance(node, ast.ClassDef) and node.name == name and name in BY_NAME for node in module.body.body)


def usual(name: str, names: tuple[str, ...]) -> float:
    """At most a tenth, less for less usual names; a private module loses."""
    last = name.rpartition(".")[2]
    if last.startswith("_") and last != "__init__":
        return -0.2
    return 0.1 - names.index(last) / 100 if last in names else 0.0


def at_root(module: Module) -> float:
    """A package's `__init__` is where users look for its factory."""
    return 0.05 if module.path.endswith("__init__.py") or "." not in module.name else 0.0


def entry(module: Module, kind: Kind, attribute: str, line: int, confidence: float) -> Fact:
    return Fact(
        kind=kind,
        value=f"{module.name}:{attribute}",
        file=module.path,
        line=line,
        folder=module.folder,
        confidence=round(max(0.05, min(0.99, confidence - 0.02 * module.path.count("/"))), 3),
    )
