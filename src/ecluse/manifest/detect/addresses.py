"""Variables in which the code wants the address of a database, a cache or a broker, and in which form."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

from ecluse.manifest.detect import compose
from ecluse.manifest.detect.envfiles import OWN, examples
from ecluse.manifest.detect.facts import LIKELY, SURE, Fact, Kind
from ecluse.manifest.detect.models import alias, kind_of, models
from ecluse.manifest.detect.tree import Tree
from ecluse.manifest.detect.variables import reads_variable
from ecluse.manifest.envtext import assigned
from ecluse.manifest.syntax import Module, argument, nodes_of, text_of
from ecluse.model.values import frozen

SCHEMES = {
    "postgres": "postgres", "postgresql": "postgres", "postgis": "postgres", "psql": "postgres", "pgsql": "postgres",
    "mysql": "mysql", "mariadb": "mysql", "redis": "redis", "valkey": "redis", "amqp": "rabbitmq", "pyamqp": "rabbitmq",
}  # fmt: skip
"""What a URL's scheme, up to a `+`, says of the service."""
URL = re.compile(r"([a-z][a-z0-9]*)((?:\+[a-z0-9_]+)?)://(.*)", re.DOTALL)
NAMES = (
    (re.compile(r"(?:.*_)?(?:DATABASE|DB|SQLALCHEMY|SQL)(?:_\w+)?_(?:URL|URI|DSN)|(?:DATABASE|DB)UR[LI]"), "database"),
    (re.compile(r"(?:.*_)?(?:POSTGRES|POSTGRESQL|PG)(?:_\w+)?_(?:URL|URI|DSN)"), "postgres"),
    (re.compile(r"(?:.*_)?(?:MYSQL|MARIADB)(?:_\w+)?_(?:URL|URI|DSN)"), "mysql"),
    (re.compile(r"(?:.*_)?(?:REDIS|VALKEY)(?:_\w+)?_?(?:URL|URI|DSN)"), "redis"),
    (re.compile(r"(?:.*_)?(?:RABBITMQ|RABBIT|AMQP)(?:_\w+)?_?(?:URL|URI)"), "rabbitmq"),
    (re.compile(r"(?:.*_)?BROKER(?:_URL|_URI)?|(?:.*_)?(?:CELERY_RESULT_BACKEND|RESULT_BACKEND)"), "broker"),
)  # fmt: skip
"""What the name of a variable says where its value doesn't. `database` and `broker`: by the drivers that are there."""
OWNERS = {
    "POSTGRES": "postgres", "POSTGRESQL": "postgres", "PG": "postgres", "PSQL": "postgres", "MYSQL": "mysql",
    "MARIADB": "mysql", "DB": "database", "DATABASE": "database", "SQL": "database", "REDIS": "redis",
    "VALKEY": "redis", "RABBITMQ": "rabbitmq", "RABBIT": "rabbitmq", "AMQP": "rabbitmq",
}  # fmt: skip
PARTS = {
    "HOST": "host", "HOSTNAME": "host", "SERVER": "host", "PORT": "port", "USER": "user", "USERNAME": "user",
    "PASSWORD": "password", "PASS": "password", "PW": "password", "NAME": "name", "DB": "name", "DATABASE": "name",
    "DBNAME": "name", "VHOST": "name",
}  # fmt: skip
PART = re.compile(rf"(?:\w+_)?({'|'.join(OWNERS)})_?({'|'.join(PARTS)})")
KEYS = {"HOST": "host", "PORT": "port", "USER": "user", "PASSWORD": "password", "NAME": "name"}
"""Of an entry of Django's DATABASES."""
ENGINES = {"postgresql": "postgres", "postgresql_psycopg2": "postgres", "postgis": "postgres", "mysql": "mysql"}
CHANGED = re.compile(r"dj_database_url|\benv\.db\b|\bDATABASES\s*(?:\[|\.update)")
"""What gives an entry of DATABASES an address beside the one that stands in it."""
OVERRIDES = ("set_main_option", "set_section_option", "create_engine(", "create_async_engine(", '["sqlalchemy.url"]')
"""How Alembic's env.py takes a URL from elsewhere than alembic.ini (alembic.sqlalchemy.org, "Tutorial")."""
LOCAL_URL = re.compile(r"([a-z]+)(?:\+[a-z0-9_]+)?://(?:[^@/]*@)?(?:localhost|127\.0\.0\.1|\[::1\])(?=[:/]|$)")
WORTH_A_LOOK = re.compile(rf"(?:{'|'.join(SCHEMES)})(?:\+\w+)?://")
"""Walking a syntax tree costs a hundred times what looking at its text does."""
DRIVERS = frozenset(
    ("psycopg.connect", "psycopg2.connect", "psycopg.Connection.connect", "psycopg.AsyncConnection.connect",
     "psycopg_pool.ConnectionPool", "psycopg_pool.AsyncConnectionPool", "psycopg2.pool.ThreadedConnectionPool",
     "psycopg2.pool.SimpleConnectionPool", "asyncpg.connect", "asyncpg.create_pool")
)  # fmt: skip
UNKNOWN = "url"


@frozen
class Read:
    """A variable that is read. `default` is how its default begins, None where it has none; `cast` what it becomes."""

    name: str
    line: int
    default: str | None = None
    cast: str = ""


def read(tree: Tree) -> Iterator[Fact]:
    """ADDRESS facts: the variable, and in `label` the service and the form: a URL's beginning, `url`, or a part. And
    what decides about the form, and addresses that are no variable's."""
    known = suggested(tree)
    for module in tree.modules("environ", "getenv", "config(", "dj_database_url", "DATABASES"):
        if "DATABASES" in tree.text(module.path):
            yield from django(module, is_changed=CHANGED.search(tree.text(module.path)) is not None)
        for found in reads(module):
            yield from address(module.path, found, known)
    for module, found in fields(tree):
        yield from address(module.path, found, known)
    yield from forms(tree)
    for module in tree.modules("://localhost", "@localhost", "127.0.0.1", "[::1]"):
        if WORTH_A_LOOK.search(tree.text(module.path)):
            yield from fixed(module)
    yield from fixed_for_alembic(tree)


def forms(tree: Tree) -> Iterator[Fact]:
    """Where an engine for asyncio is made, and where a URL without a driver is wanted."""
    for module in tree.modules("create_async_engine", "async_engine_from_config"):
        line = tree.line(module.path, "async_engine")
        yield Fact(kind=Kind.ASYNC_ENGINE, value=module.name, file=module.path, line=line, confidence=SURE)
    for module in tree.modules("postgres", "mysql"):
        if ".replace(" in tree.text(module.path):
            yield from rewrites(module)
    for module in tree.modules("psycopg", "asyncpg"):
        yield from driven(module)


def suggested(tree: Tree) -> Mapping[str, str]:
    """What the env file of the repository says, else its examples, else compose files: of an address that is not known
    in full they know the scheme."""
    sent: dict[str, str] = {}
    for service in reversed(compose.services(tree)):
        sent |= compose.given(tree, service.file, service.node)
    return sent | examples(tree) | assigned(tree.text(OWN))


def address(path: str, found: Read, known: Mapping[str, str]) -> Iterator[Fact]:
    """What a variable is for: by its default, the value that is suggested for it, its type, its name."""
    said = said_of(found.name, found.default, known.get(found.name, ""), found.cast)
    if said:
        sure = SURE if found.default is None else LIKELY
        yield Fact(kind=Kind.ADDRESS, value=found.name, file=path, line=found.line, label=said, confidence=sure)


def said_of(name: str, default: str | None, example: str, cast: str) -> str:
    """`postgres postgresql+psycopg://`, `redis redis:///1`, `database url`, `postgres host`; empty: no address, or one
    that works without a service (a file)."""
    for text in filter(None, (default, example)):
        if match := URL.match(text):
            kind = SCHEMES.get(match.group(1), "")
            return f"{kind} {form(kind, match)}" if kind else ""
    if cast in {"postgresql", "redis", "amqp", "mysql"}:
        return f"{SCHEMES[cast]} {UNKNOWN}"
    if match := PART.fullmatch(name):
        return f"{OWNERS[match.group(1)]} {PARTS[match.group(2)]}"
    kind = next((kind for pattern, kind in NAMES if pattern.fullmatch(name)), "")
    return f"{kind} {UNKNOWN}" if kind and not default else ""


def form(kind: str, match: re.Match[str]) -> str:
    """The scheme; with the number of the database, for Redis."""
    number = match.group(3).rpartition("/")[2] if kind == "redis" and "/" in match.group(3) else ""
    return f"{match.group(1)}{match.group(2)}://{f'/{number}' if number.isdigit() else ''}"


def reads(module: Module) -> Iterator[Read]:
    """Every variable that is read by name, with or without a default."""
    alternatives = dict(either(module))
    for node in (*module.every(ast.Subscript), *module.every(ast.Call)):
        name, given = variable(module, node)
        if re.fullmatch(r"[A-Z][A-Z0-9_]*", name):
            other = given if given is not None else alternatives.get(id(node))
            default = None if other is None else beginning(other)
            yield Read(name=name, line=node.lineno, default=default)


def either(module: Module) -> Iterator[tuple[int, ast.expr]]:
    """`os.getenv("X") or "…"`: what stands in for the first."""
    for node in module.every(ast.BoolOp):
        if isinstance(node.op, ast.Or):
            yield id(node.values[0]), node.values[-1]


def variable(module: Module, node: ast.AST) -> tuple[str, ast.expr | None]:
    """The variable that an expression reads, and its default; empty for any other expression."""
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        return (text_of(node.slice) if module.origin(node.value) == "os.environ" else ""), None
    if not isinstance(node, ast.Call):
        return "", None
    called = module.origin(node.func)
    if called == "dj_database_url.config":
        return text_of(argument(node, 9, "env")) or "DATABASE_URL", argument(node, 9, "default")
    if called in {"os.environ.get", "os.getenv"} or reads_variable(module, node.func) or is_config(module, node.func):
        implied = "DATABASE_URL" if isinstance(node.func, ast.Attribute) and node.func.attr == "db" else ""
        return text_of(argument(node, 0, "name")) or implied, argument(node, 1, "default")
    return "", None


def is_config(module: Module, called: ast.expr) -> bool:
    """`config = Config(".env")` of Starlette, then `config("X", default=…)`."""
    if not isinstance(called, ast.Name):
        return False
    made = (value for name, value, _ in module.assigned() if name == called.id)
    return any(isinstance(v, ast.Call) and module.origin(v.func).startswith("starlette.config.") for v in made)


def beginning(node: ast.AST) -> str:
    """The text with which an expression's value begins, as far as it stands there."""
    if isinstance(node, ast.Constant):
        return str(node.value) if isinstance(node.value, str | int) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(beginning(part) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    if isinstance(node, ast.BinOp):
        return beginning(node.left)
    if isinstance(node, ast.Call) and node.args:
        return beginning(node.args[0])
    return ""


def rewrites(module: Module) -> Iterator[Fact]:
    """`url.replace("postgresql://", "postgresql+asyncpg://")`"""
    for call in module.calls():
        if isinstance(call.func, ast.Attribute) and call.func.attr == "replace" and call.args:
            before, after = text_of(call.args[0]), text_of(argument(call, 1, "new"))
            if before.partition("+")[0].partition(":")[0] in SCHEMES and "+" in after:
                yield Fact(kind=Kind.PLAIN, value=before, file=module.path, line=call.lineno, confidence=SURE)


def driven(module: Module) -> Iterator[Fact]:
    """The driver itself is called, and knows a URL without its own name only."""
    for call in module.calls():
        if module.origin(call.func) in DRIVERS:
            yield Fact(kind=Kind.PLAIN, value="postgresql://", file=module.path, line=call.lineno, confidence=SURE)


def fixed(module: Module) -> Iterator[Fact]:
    """The URL of a service as the code's own, not as the default of a variable."""
    defaults = {id(inner) for node in module.walk() for given in defaults_in(module, node)
                for inner in nodes_of(given)}  # fmt: skip
    for node in module.every(ast.Constant):
        if id(node) in defaults or not isinstance(node.value, str):
            continue
        match = LOCAL_URL.match(node.value)
        if match and match.group(1) in SCHEMES:
            yield Fact(kind=Kind.FIXED, value=match.group(1), file=module.path, line=node.lineno, confidence=LIKELY)


def fixed_for_alembic(tree: Tree) -> Iterator[Fact]:
    """The URL in alembic.ini, where no env.py takes another."""
    if any(word in tree.text(path) for path in tree.named("env.py") for word in OVERRIDES):
        return
    for path in tree.named("alembic.ini"):
        for number, line in enumerate(tree.text(path).splitlines(), 1):
            name, _, value = line.partition("=")
            match = LOCAL_URL.match(value.strip()) if name.strip() == "sqlalchemy.url" else None
            if match and match.group(1) in SCHEMES:
                yield Fact(kind=Kind.FIXED, value=match.group(1), file=path, line=number, confidence=LIKELY)


def defaults_in(module: Module, node: ast.AST) -> Iterator[ast.AST]:
    """What stands in for a variable: defaults, alternatives, fields of settings models."""
    if isinstance(node, ast.BoolOp):
        yield from node.values[1:]
    elif isinstance(node, ast.ClassDef):
        yield from (inner for inner in node.body if isinstance(inner, ast.AnnAssign))
    else:
        given = variable(module, node)[1]
        yield from () if given is None else (given,)


def fields(tree: Tree) -> Iterator[tuple[Module, Read]]:
    """Of settings models."""
    for module, model, start in models(tree):
        for node in model.body:
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                name = alias(node.value) or f"{start}{node.target.id}".upper()
                default = None if node.value is None else field_default(node.value)
                yield module, Read(name=name, line=node.lineno, default=default, cast=kind_of(node.annotation) or "")


def field_default(value: ast.expr) -> str | None:
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "Field":
        given = argument(value, 0, "default")
        return None if given is None else beginning(given)
    return beginning(value) or None


def django(module: Module, *, is_changed: bool) -> Iterator[Fact]:
    """The variables in an entry of DATABASES, whatever they are called, when its engine is a server's; and a host that
    no variable names (none at all is this machine's: docs.djangoproject.com, "Settings", HOST)."""
    for node in module.every(ast.Dict):
        entry = {text_of(key): value for key, value in zip(node.keys, node.values, strict=True) if key is not None}
        kind = ENGINES.get(text_of(entry.get("ENGINE")).rpartition(".")[2], "")
        for key, part in KEYS.items() if kind else ():
            for inner in nodes_of(entry[key]) if key in entry else ():
                if name := variable(module, inner)[0]:
                    yield Fact(kind=Kind.ADDRESS, value=name, file=module.path, line=getattr(inner, "lineno", 0),
                               label=f"{kind} {part}", confidence=SURE + 0.05)  # fmt: skip
        host = entry.get("HOST", node)
        if kind and not is_changed and (host is node or isinstance(host, ast.Constant)):
            yield Fact(kind=Kind.FIXED, value=kind, file=module.path, line=host.lineno, confidence=LIKELY)
