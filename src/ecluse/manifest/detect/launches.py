"""Calls by which the code itself starts a server: `web.run_app(app, port=8080)`, `application.listen(port)`."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from ecluse.manifest.detect.scopes import Scope, Values, calls
from ecluse.manifest.detect.tree import Tree
from ecluse.manifest.syntax import Module, argument, is_main_guard, name_of
from ecluse.model.values import frozen

NOWHERE = 99
"""A position at which no argument ever stands."""


@frozen
class Starter:
    """Where a call says its port: at a place or by a keyword, `is_pair`: in `(host, port)`.

    `usual` is the port when it says none, `variable` one that then says it. `is_own`: nothing else could serve it.
    `is_async`: it may run on uvloop.
    """

    at: int = NOWHERE
    word: str = "port"
    usual: int = 0
    variable: str = ""
    is_pair: bool = False
    is_own: bool = False
    is_async: bool = False


@frozen
class Launch:
    """`is_guarded`: only who starts this very file gets there."""

    module: Module
    scope: Scope
    call: ast.Call
    starter: Starter
    is_guarded: bool = False

    @property
    def at_once(self) -> bool:
        """Whether the import of the file starts it."""
        return self.scope.function is None and not self.is_guarded

    @property
    def port(self) -> ast.expr | None:
        found = argument(self.call, self.starter.at, self.starter.word)
        if not self.starter.is_pair:
            return found
        return found.elts[1] if isinstance(found, ast.Tuple) and len(found.elts) > 1 else found


FUNCTIONS: Mapping[str, Starter] = {
    "aiohttp.web.run_app": Starter(usual=8080, is_own=True, is_async=True),
    "aiohttp.web.TCPSite": Starter(at=2, usual=8080, is_own=True, is_async=True),
    "aiohttp.web_runner.TCPSite": Starter(at=2, usual=8080, is_own=True, is_async=True),
    "bottle.run": Starter(at=3, usual=8080, is_own=True),
    "nicegui.ui.run": Starter(usual=8080, is_own=True, is_async=True),
    "cherrypy.quickstart": Starter(usual=8080, is_own=True),
    "uvicorn.run": Starter(usual=8000, is_async=True),
    "uvicorn.Config": Starter(usual=8000, is_async=True),
    "waitress.serve": Starter(usual=8080),
    "werkzeug.serving.run_simple": Starter(at=1),
    "wsgiref.simple_server.make_server": Starter(at=1),
    "wsgiref.simple_server.WSGIServer": Starter(at=0, word="server_address", is_pair=True),
    "http.server.HTTPServer": Starter(at=0, word="server_address", is_pair=True),
    "http.server.ThreadingHTTPServer": Starter(at=0, word="server_address", is_pair=True),
    "socketserver.TCPServer": Starter(at=0, word="server_address", is_pair=True),
    "socketserver.ThreadingTCPServer": Starter(at=0, word="server_address", is_pair=True),
    "cheroot.wsgi.Server": Starter(at=0, word="bind_addr", is_pair=True),
    "gevent.pywsgi.WSGIServer": Starter(at=0, word="listener", is_pair=True),
    "eventlet.listen": Starter(at=0, word="addr", is_pair=True),
    "tornado.netutil.bind_sockets": Starter(at=0, is_own=True),
    "twisted.internet.reactor.listenTCP": Starter(at=0, is_own=True),
}
"""By full name."""

RUNNERS: Mapping[str, Starter] = {
    "flask.Flask": Starter(at=1, usual=5000),
    "apiflask.APIFlask": Starter(at=1, usual=5000),
    "quart.Quart": Starter(at=1, usual=5000, is_async=True),
    "sanic.Sanic": Starter(at=1, usual=8000, is_async=True),
    "bottle.Bottle": Starter(usual=8080),
    "dash.Dash": Starter(usual=8050, variable="PORT"),
    "flask_socketio.SocketIO": Starter(at=2, usual=5000),
    "gradio.Blocks": Starter(word="server_port", usual=7860, variable="GRADIO_SERVER_PORT", is_own=True, is_async=True),
    "gradio.Interface": Starter(
        word="server_port", usual=7860, variable="GRADIO_SERVER_PORT", is_own=True, is_async=True
    ),
    "gradio.ChatInterface": Starter(
        word="server_port", usual=7860, variable="GRADIO_SERVER_PORT", is_own=True, is_async=True
    ),
    "gradio.TabbedInterface": Starter(
        word="server_port", usual=7860, variable="GRADIO_SERVER_PORT", is_own=True, is_async=True
    ),
}
"""Classes whose objects are run by a method of theirs."""
METHODS = frozenset(("run", "run_server", "launch", "prepare"))
TORNADO = Starter(at=0, is_own=True)
TORNADO_METHODS = frozenset(("listen", "bind"))

WORDS = ("run_app", "TCPSite", ".run(", "run(", ".run_server(", ".prepare(", ".launch(", ".listen(", ".bind(",
         "make_server", "HTTPServer(", "WSGIServer(", "TCPServer(", "run_simple", "serve(", "quickstart", "Config(",
         "wsgi.Server(", "listenTCP", "eventlet", "bind_sockets")  # fmt: skip


def launches(tree: Tree, values: Values) -> Iterator[Launch]:
    """Every call that starts a server in the app's own code."""
    for module in tree.modules(*WORDS):
        guarded = guarded_calls(module)
        for scope, call in calls(module):
            if starter := starter_of(values, scope, call):
                yield Launch(module=module, scope=scope, call=call, starter=starter, is_guarded=id(call) in guarded)


def guarded_calls(module: Module) -> frozenset[int]:
    """The calls below `if __name__ == "__main__"`."""
    guards = (node for node in module.body.body if is_main_guard(node))
    return frozenset(id(node) for guard in guards for node in ast.walk(guard) if isinstance(node, ast.Call))


def starter_of(values: Values, scope: Scope, call: ast.Call) -> Starter | None:
    module = scope.module
    if found := FUNCTIONS.get(module.origin(call.func)):
        return found
    if not isinstance(call.func, ast.Attribute):
        return None
    if call.func.attr in TORNADO_METHODS and call.args and uses(module, "tornado"):
        return TORNADO
    return RUNNERS.get(class_of(values, scope, call.func.value)) if call.func.attr in METHODS else None


def uses(module: Module, package: str) -> bool:
    return any(origin.partition(".")[0] == package for origin in module.origins.values())


def class_of(values: Values, scope: Scope, expression: ast.expr) -> str:
    """The full name of the class that made an object: by name, by a factory's last line, or made on the spot."""
    if isinstance(expression, ast.Call):
        return made_by(values, scope, expression)
    for where, value in values.of(scope, name_of(expression)):
        if isinstance(value, ast.Call) and (found := made_by(values, where, value)) in RUNNERS:
            return found
    return ""


def made_by(values: Values, scope: Scope, call: ast.Call) -> str:
    origin = scope.module.origin(call.func)
    home, _, name = origin.rpartition(".")
    module = values.modules.get(home, scope.module if not home else None)
    if origin in RUNNERS or module is None:
        return origin
    function = next((each for each in module.functions() if each.name == name), None)
    return returned(values, Scope(module, function, Scope(module))) if function else origin


def returned(values: Values, scope: Scope) -> str:
    """The class of what a factory returns, seen one step deep."""
    assert scope.function is not None  # noqa: S101 (a factory)
    for node in ast.walk(scope.function):
        if isinstance(node, ast.Return) and node.value is not None:
            made = [node.value, *values.local(scope).get(name_of(node.value), ())]
            origins = [scope.module.origin(each.func) for each in made if isinstance(each, ast.Call)]
            if found := next((origin for origin in origins if origin in RUNNERS), ""):
                return found
    return ""
