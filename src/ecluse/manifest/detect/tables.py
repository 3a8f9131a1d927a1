"""Tables that no migration makes: by a command of the app's own, a script, or by hand.

A command that upgrades is run for each release. One that drops tables, or fills them, is run only while there is no
database yet (`ONCE`). Where nobody calls `create_all` but a person, it is called (`CREATE`): it leaves alone what is
there.
"""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator

from ecluse.manifest.detect import scripts, webapps
from ecluse.manifest.detect.facts import LIKELY, SURE, Fact, Kind
from ecluse.manifest.detect.running import COMMANDS
from ecluse.manifest.detect.tree import Tree
from ecluse.manifest.syntax import Function, Module, callable_bare, is_main_guard, name_of, nodes_of, text_of

ONCE = "once"
CREATE = "create"
FLASK = "flask"
UPGRADE = "flask_migrate.upgrade"
DROPS = re.compile(r"drop_all|executescript|DROP TABLE|\.sql['\"]", re.IGNORECASE)
MAKES = re.compile(r"\.create_all\(|\.create_tables\(|executescript\(")
CREATES = ("CREATE TABLE", "create table", "executescript")
CREATE_TABLE = re.compile(r"CREATE TABLE(\s+IF NOT EXISTS)?", re.IGNORECASE)
SUFFIXES = ("_command", "_cmd")


def read(tree: Tree) -> Iterator[Fact]:
    modules = tuple(tree.modules("create_all", "create_tables", "executescript", "flask_migrate"))
    found = [fact for module in modules for fact in of_commands(module)]
    found = found or list(of_scripts(tree, modules)) or list(when_started(tree))
    yield from found
    if not found and not any(path.endswith("migrations/env.py") for path in tree.paths):
        yield from by_hand(tree, modules)


def of_commands(module: Module) -> Iterator[Fact]:
    """Commands of `flask` that make the tables."""
    bodies = {function.name: ast.unparse(function) for function in module.all_functions()}
    for function in module.all_functions():
        name = command_name(module, function)
        text = with_called(bodies, function.name) if name else ""
        upgrades = any(module.origin(call.func) == UPGRADE for call in calls(function)) if name else False
        if upgrades:
            yield Fact(kind=Kind.MIGRATE, value=f"flask {name}", file=module.path, line=function.lineno,
                       confidence=LIKELY + 0.1, label=FLASK)  # fmt: skip
        elif MAKES.search(text):
            label = ONCE if DROPS.search(text) or ".add(" in text else FLASK
            yield Fact(kind=Kind.MIGRATE, value=f"flask {name}", file=module.path, line=function.lineno,
                       confidence=LIKELY, label=label)  # fmt: skip


def when_started(tree: Tree) -> Iterator[Fact]:
    """`if __name__ == "__main__": init_db()` beside an app: a server, which imports it, finds no tables."""
    made = {f"{module.name}.{name}": text for module in tree.modules("create_all", "create_tables", *CREATES)
            for name, text in makers(module)}  # fmt: skip
    apps = {fact.file for fact in webapps.read(tree)} if made else set()
    for module in (each for each in tree.modules("__main__") if each.path in apps):
        guarded = (node for guard in module.body.body if is_main_guard(guard) for node in nodes_of(guard))
        for call in (node for node in guarded if isinstance(node, ast.Call) and not (node.args or node.keywords)):
            name = module.origin(call.func)
            whole = name if name in made else f"{module.name}.{name}"
            if text := made.get(whole):
                home, _, function = whole.rpartition(".")
                code = f'python -c "from {home} import {function}; {function}()"'
                yield Fact(kind=Kind.MIGRATE, value=code if module.folder == "." else f"env -C {module.folder} {code}",
                           file=module.path, line=call.lineno, confidence=LIKELY,
                           label=ONCE if only_once(text) else "")  # fmt: skip
                return


def makers(module: Module) -> Iterator[tuple[str, str]]:
    """Functions that make tables and want no arguments, with their text."""
    bodies = {function.name: ast.unparse(function) for function in module.functions()}
    for function in module.functions():
        text = with_called(bodies, function.name)
        if callable_bare(function.args) and (MAKES.search(text) or CREATE_TABLE.search(text)):
            yield function.name, text


def only_once(text: str) -> bool:
    """Whether it would fail, lose something or fill in the same again where the tables are there."""
    bare = any(not match.group(1) for match in CREATE_TABLE.finditer(text))
    return bare or bool(DROPS.search(text)) or ".add(" in text or "INSERT " in text.upper()


def of_scripts(tree: Tree, modules: tuple[Module, ...]) -> Iterator[Fact]:
    """Console scripts of the project's own that make the tables."""
    for file, line, name, target in scripts.declared(tree):
        module, wanted = scripts.module_of(tree, target), target.partition(":")[2].strip()
        if module is None or module.path not in {each.path for each in modules}:
            continue
        bodies = {function.name: ast.unparse(function) for function in module.functions()}
        text = with_called(bodies, wanted) if wanted in bodies else ""
        if MAKES.search(text) and not any(word in text for word in scripts.SERVES):
            yield Fact(kind=Kind.MIGRATE, value=name, file=file, line=line, confidence=LIKELY - 0.05,
                       label=ONCE if only_once(text) else "")  # fmt: skip


def calls(function: Function) -> Iterator[ast.Call]:
    return (node for node in nodes_of(function) if isinstance(node, ast.Call))


def with_called(bodies: dict[str, str], name: str) -> str:
    """A function's text and those of the functions beside it that it calls."""
    text = bodies[name]
    return text + "".join(body for other, body in bodies.items() if other != name and f"{other}(" in text)


def command_name(module: Module, function: Function) -> str:
    """What `flask` calls it; empty when it is no command of its own (a group's has that group's name before it)."""
    for decorator in function.decorator_list:
        call = decorator.func if isinstance(decorator, ast.Call) else decorator
        dotted = name_of(call)
        registered = dotted == "click.command" and f"add_command({function.name})" in ast.unparse(module.body)
        if dotted.endswith(".cli.command") or registered:
            given = text_of(decorator.args[0]) if isinstance(decorator, ast.Call) and decorator.args else ""
            return given or plain(function.name)
    return ""


def plain(name: str) -> str:
    """As click makes a command's name of a function's (8.2 drops those ends)."""
    for suffix in SUFFIXES:
        name = name.removesuffix(suffix)
    return name.lower().replace("_", "-")


def by_hand(tree: Tree, modules: tuple[Module, ...]) -> Iterator[Fact]:
    """Tables that a script makes, or nobody but a person at a prompt."""
    making = [module for module in modules if "create_all" in tree.text(module.path)]
    if any(made_while_running(module) for module in making):
        return
    for module in making:
        is_script = module.folder == "." and "/" not in module.path and not COMMANDS.search(module.path)
        if is_script and "__main__" not in tree.text(module.path) and not serves(module):
            once = DROPS.search(tree.text(module.path)) or ".add(" in tree.text(module.path)
            yield Fact(kind=Kind.MIGRATE, value=f"python {posixpath.basename(module.path)}", file=module.path,
                       confidence=LIKELY - 0.1, label=ONCE if once else "")  # fmt: skip
            return
    for module in tree.modules("flask_sqlalchemy"):
        for name, value, line in module.assigned():
            if isinstance(value, ast.Call) and module.origin(value.func) == "flask_sqlalchemy.SQLAlchemy":
                yield Fact(kind=Kind.MIGRATE, value=f"{module.name}:{name}", file=module.path, line=line,
                           folder=module.folder, confidence=SURE - 0.3, label=CREATE)  # fmt: skip
                return


def made_while_running(module: Module) -> bool:
    """Whether the module, or a function of it, makes the tables, but for `if __name__ == "__main__"` and commands."""
    if not serves(module) and all(isinstance(node, ast.Expr | ast.Import | ast.ImportFrom | ast.With | ast.Assign)
                                  for node in module.body.body):  # fmt: skip
        return False
    waiting: list[ast.AST] = list(module.body.body)
    while waiting:
        node = waiting.pop()
        is_main = isinstance(node, ast.If) and "__main__" in ast.unparse(node.test)
        if is_main or (isinstance(node, Function) and command_name(module, node)):
            continue
        if isinstance(node, ast.Call) and name_of(node.func).endswith("create_all"):
            return True
        waiting += ast.iter_child_nodes(node)
    return False


def serves(module: Module) -> bool:
    """Whether an app or a model is made there."""
    made = any(
        module.origin(call.func).startswith(("flask.Flask", "fastapi.", "flask_sqlalchemy.")) for call in module.calls()
    )
    return made or any(isinstance(node, ast.ClassDef | ast.FunctionDef) for node in module.body.body)
