"""Apps without a framework: `def application(environ, start_response)`, `async def app(scope, receive, send)`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ecluse.manifest.detect.facts import LIKELY, Fact, Kind
from ecluse.manifest.detect.tree import Tree
from ecluse.manifest.detect.webapps import MODULES, OBJECTS, entry, usual
from ecluse.manifest.syntax import Function

SIGNATURES = {("environ", "start_response"): Kind.WSGI, ("scope", "receive", "send"): Kind.ASGI}
"""PEP 3333 names the first in its examples, the ASGI specification demands the second."""


CALLED = re.compile(r"app|^(main|handler?|handle|site|serve[r]?|web|wsgi|asgi)(_|$)")
"""What an app that is a function is called; others take the same arguments to help one."""


def read(tree: Tree) -> Iterator[Fact]:
    for module in tree.modules("start_response", "scope, receive, send", "scope: "):
        for function in module.functions():
            kind = SIGNATURES.get(parameters(function))
            if kind is not None and CALLED.search(function.name):
                confidence = LIKELY - 0.1 + usual(function.name, OBJECTS) + usual(module.name, MODULES)
                yield entry(module, kind, function.name, function.lineno, confidence)


def parameters(function: Function) -> tuple[str, ...]:
    names = (parameter.arg for parameter in [*function.args.posonlyargs, *function.args.args])
    return tuple({"env": "environ"}.get(name, name) for name in names)
