"""Imports an entry point, as `ecluse init` tries it, and says what it is.

Run by the app's own Python with a JSON question: `entry`, `folder`, `answer` (the file to write to). The answer holds
`ok`, `interface`, `routes` and `databases` (their engines, hosts and ports where the framework itself knows them, else
null), or `error` with the kind of exception, its message, the module that was missing, and
the environment variables that the code asked for in vain, or whose values the error quotes, and what another Python
would have to have (`wants`: a module and a name in it, or a file that it can compile), and the folder that isn't there
if a database could not be opened for that.
"""

import collections
import importlib.util
import inspect
import json
import os
import re
import sys
import traceback
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple
from urllib.parse import urlsplit

MOST_ROUTES = 200
LAST_LINES = 12

sought: "collections.OrderedDict[str, None]" = collections.OrderedDict()
"""Names of variables that were looked up and aren't set, in the order of asking."""
found: "collections.OrderedDict[str, str]" = collections.OrderedDict()
"""What was looked up and is set, the latest last."""


opened: List[str] = []
"""Databases of SQLite that were opened, in that order."""


def watch(event: str, told: Tuple[Any, ...]) -> None:
    """Hears of every database that is opened (docs.python.org, "Audit events table")."""
    if event == "sqlite3.connect" and told and isinstance(told[0], (str, bytes, os.PathLike)):
        opened.append(os.fsdecode(told[0]))


class Watched(type(os.environ)):  # type: ignore[misc]
    """The environment, which notes what is looked up."""

    def __getitem__(self, name: str) -> str:
        try:
            value: str = super().__getitem__(name)
        except KeyError:
            sought[str(name)] = None
            raise
        found[str(name)] = value
        found.move_to_end(str(name))
        return value


def resolve(entry: str) -> Any:
    """What the launcher would find, by the launcher's own code.

    It lies beside this file, and is loaded by its place: its name may be that of a module of the app.
    """
    place = os.path.join(os.path.dirname(os.path.abspath(__file__)), "loading.py")
    spec = importlib.util.spec_from_file_location("_ecluse_loading", place)
    assert spec is not None and spec.loader is not None  # noqa: S101, PT018 (it is None for names not in .py)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.load(entry)


def interface_of(app: Any) -> str:
    """`asgi` or `wsgi`, by how it wants to be called."""
    called = app if inspect.isroutine(app) or inspect.isclass(app) else type(app).__call__
    if inspect.iscoroutinefunction(app) or inspect.iscoroutinefunction(called):
        return "asgi"
    try:
        wanted = list(inspect.signature(app).parameters)
    except (TypeError, ValueError):
        return "wsgi"
    return "asgi" if wanted[:1] == ["scope"] else "wsgi"


def routes_of(app: Any) -> List[str]:
    """Paths without parameters that answer GET, as the framework itself lists them."""
    found = [path for path in all_routes(app) if not set(path) & set("<{(*[\\:")]
    return list(collections.OrderedDict.fromkeys(found))[:MOST_ROUTES]


def all_routes(app: Any) -> Iterator[str]:
    if hasattr(app, "url_map"):
        yield from (rule.rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()))
    elif "django" in sys.modules:
        yield from django_routes()
    else:
        for route in getattr(app, "routes", ()):
            path = getattr(route, "path", None) or getattr(route, "rule", None)
            methods = getattr(route, "methods", None) or [getattr(route, "method", "GET")]
            if isinstance(path, str) and "GET" in methods:
                yield path


def django_routes() -> Iterator[str]:
    from django.urls import get_resolver  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415

    waiting: List[Tuple[str, Any]] = [("/", pattern) for pattern in get_resolver().url_patterns]
    while waiting:
        above, pattern = waiting.pop(0)
        path = above + str(pattern.pattern).replace("\\Z", "").strip("^$")
        if hasattr(pattern, "url_patterns"):
            waiting += [(path, inner) for inner in pattern.url_patterns]
        else:
            yield path


def databases_of(app: Any) -> Optional[List[Dict[str, str]]]:
    """Where the app's databases are, as Django or Flask-SQLAlchemy will look for them; None for what else there is."""
    if "django" in sys.modules:
        from django.conf import settings  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415

        entries = settings.DATABASES.values()
        return [{key.lower(): str(entry.get(key) or "") for key in ("ENGINE", "HOST", "PORT")} for entry in entries]
    config = getattr(app, "config", None) or {}
    urls = [config.get("SQLALCHEMY_DATABASE_URI"), *(config.get("SQLALCHEMY_BINDS") or {}).values()]
    parts = [urlsplit(str(url)) for url in urls if url]
    return [{"engine": one.scheme, "host": one.hostname or "", "port": str(one.port or "")} for one in parts] or None


def failure(error: BaseException) -> Dict[str, Any]:
    """What went wrong; the innermost cause names the missing module."""
    deepest = error
    while deepest.__cause__ or deepest.__context__:
        deepest = deepest.__cause__ or deepest.__context__ or deepest
    chain = [error, deepest]
    missing = next((one.name for one in chain if isinstance(one, ModuleNotFoundError) and one.name), "")
    said = " ".join(str(one) for one in chain)
    asked = [name for name in sought if names(said, name)]
    refused = [name for name, value in reversed(found.items()) if repr(value) in said or names(said, name)]
    return {
        "type": type(error).__name__,
        "message": str(error)[:2000],
        "module": missing,
        "variables": asked,
        "refused": refused,
        "wants": wanted_of(chain),
        "folder": folder_missing(said),
        "is_system": any(isinstance(one, OSError) for one in chain),
        "lines": traceback.format_exc().splitlines()[-LAST_LINES:],
    }


def folder_missing(said: str) -> str:
    """The folder of a database that SQLite could not open, if that is what is missing."""
    if not opened or "unable to open database file" not in said or opened[-1].startswith("file:"):
        return ""
    folder = os.path.dirname(os.path.abspath(opened[-1]))
    return "" if os.path.isdir(folder) else folder


SAID = (
    r"cannot import name '(?P<name>\w+)' from '(?P<module>[\w.]+)'",
    r"module '(?P<module>[\w.]+)' has no attribute '(?P<name>\w+)'",
)
"""What says which name a module lacks: only Python 3.12 has it as a value (ImportError.name_from)."""


def wanted_of(chain: List[BaseException]) -> Dict[str, Any]:
    for error in chain:
        if isinstance(error, SyntaxError) and error.filename:
            return {"file": str(error.filename), "line": error.lineno or 0}
        if isinstance(error, ModuleNotFoundError) and error.name:
            return {"module": error.name, "name": ""}
        for said in SAID if isinstance(error, (ImportError, AttributeError)) else ():
            found = re.search(said, str(error))
            if found:
                return found.groupdict()
    return {}


def names(text: str, variable: str) -> bool:
    return re.search(r"\b%s\b" % re.escape(variable), text, re.IGNORECASE) is not None


def examine(question: Dict[str, Any]) -> Dict[str, Any]:
    os.chdir(question["folder"])
    sys.path.insert(0, question["folder"])
    os.environ.__class__ = Watched
    if hasattr(sys, "addaudithook"):  # Python 3.8
        sys.addaudithook(watch)
    try:
        app = resolve(question["entry"])
        return {
            "ok": True, "interface": interface_of(app), "routes": told(routes_of, app) or [],
            "databases": told(databases_of, app),
        }  # fmt: skip
    except BaseException as error:  # noqa: BLE001 (SystemExit too: whatever the code does, we report it)
        return {"ok": False, "error": failure(error)}


def told(question: Callable[[Any], Any], app: Any) -> Any:
    """What a framework says of the app; None from one that can't say it now."""
    try:
        return question(app)
    except Exception:  # noqa: BLE001 (any framework's own fault: we can do without its answer)
        return None


def main() -> None:
    question = json.loads(sys.argv[1])
    answer = examine(question)
    with open(question["answer"], "w", encoding="utf-8") as file:
        json.dump(answer, file)
    # Threads that the import started must not keep us.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
