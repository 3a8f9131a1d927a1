"""Paths that the code says it answers; those that are named like a health check first."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ecluse.manifest.detect.facts import GUESS, LIKELY, Fact, Kind
from ecluse.manifest.detect.tree import Tree
from ecluse.manifest.syntax import Module, argument, name_of, text_of

HEALTH = re.compile(
    r"^/?((api|v\d+|_|-)/)*_*(health(z|y|[-_]?check)?|heartbeat|livez?|liveness|readyz?|readiness|alive|status|ping|up)"
    r"_*/?$"
)
DECORATORS = {"route", "get", "api_route", "view"}
DJANGO = {"path", "re_path", "url"}
LISTED = {"add_get": 0, "add_url_rule": 0, "Route": 0, "Rule": 0, "add_api_route": 0, "url": 0, "URLSpec": 0, "get": 0}
"""Calls that add a route that answers GET, with the place of its path."""
WORDS = (
    "route(",
    ".get(",
    "path(",
    "url(",
    ".view(",
    "add_get(",
    "add_url_rule(",
    "Route(",
    "Rule(",
    "RequestHandler",
    "get(",
)
MANY = 12
"""Ordinary paths that are reported; more would only be noise."""


def read(tree: Tree) -> Iterator[Fact]:
    facts = [fact for module in tree.modules(*WORDS) for fact in of_module(module)]
    yield from (fact for fact in facts if fact.confidence > GUESS)
    yield from [fact for fact in facts if fact.confidence <= GUESS][:MANY]


def of_module(module: Module) -> Iterator[Fact]:
    for text, line, decorated in declared(module):
        if any(mark in text for mark in "<{(*[\\:.") or not (text or module.path.endswith("urls.py")):
            continue
        path = "/" + text.strip("^$").lstrip("/")
        health = bool(HEALTH.match(path))
        confidence = (LIKELY if health else GUESS - 0.1) + (0.1 if decorated else 0.0)
        yield Fact(kind=Kind.ROUTE, value=path, file=module.path, line=line, confidence=confidence)


def declared(module: Module) -> Iterator[tuple[str, int, bool]]:
    """The text of each route, its line, and whether it stands in a decorator and so is whole."""
    for function in module.all_functions():
        for decorator in function.decorator_list:
            if text := route_of(decorator):
                yield text, decorator.lineno, True
    for call in module.calls():
        if text := added(module, call):
            yield text, call.lineno, True
        elif module.path.endswith("urls.py") and is_django_route(call):
            yield text_of(call.args[0]), call.lineno, False
    for pair in module.every(ast.Tuple) if any("tornado" in each for each in module.origins.values()) else ():
        if text := handled(pair):
            yield text, pair.lineno, True


def added(module: Module, call: ast.Call) -> str:
    """The path of `app.add_route("/x", …)`, `web.get("/x", …)`, `Route("/x", …)`, `config.add_route("name", "/x")`,
    and of Werkzeug's `Rule("/x", …)`."""
    if isinstance(call.func, ast.Attribute) and call.func.attr == "add_route":
        texts = [text_of(each) for each in (*call.args[:2], *(item.value for item in call.keywords))]
        return next((text for text in texts if text.startswith("/")), "")
    last = call.func.attr if isinstance(call.func, ast.Attribute) else name_of(call.func)
    is_get = last != "get" or module.origin(call.func) == "aiohttp.web.get"
    if last not in LISTED or not is_get or len(call.args) <= LISTED[last]:
        return ""
    text, methods = text_of(call.args[LISTED[last]]), argument(call, 9, "methods")
    return text if text.startswith("/") and (methods is None or "GET" in ast.dump(methods)) else ""


def handled(pair: ast.Tuple) -> str:
    """The path of tornado's `(r"/x", Handler)`."""
    is_pair = len(pair.elts) > 1 and bool(name_of(pair.elts[1]))
    return text_of(pair.elts[0]).rstrip("$") if is_pair and text_of(pair.elts[0]).startswith("/") else ""


def is_django_route(call: ast.Call) -> bool:
    return name_of(call.func) in DJANGO and bool(call.args) and "include" not in ast.dump(call)


def route_of(decorator: ast.expr) -> str:
    """The path of `@app.route("/x")` and its kind if it answers GET, else empty."""
    if not (isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Attribute) and decorator.args):
        return ""
    methods = next((item.value for item in decorator.keywords if item.arg in {"methods", "method"}), None)
    answers_get = decorator.func.attr in DECORATORS and (methods is None or "GET" in ast.dump(methods))
    text = text_of(decorator.args[0])
    return text if answers_get and text.startswith("/") else ""
