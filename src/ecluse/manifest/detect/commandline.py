"""What a command line says that starts something: `gunicorn -w 3 app.wsgi:application --chdir src`."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from pathlib import PurePosixPath

from ecluse.manifest.detect import dashboards, programs, scripts, shell, webapps
from ecluse.manifest.detect.facts import Fact, Kind
from ecluse.manifest.detect.folders import below, home, inside
from ecluse.manifest.detect.programs import Program
from ecluse.manifest.detect.shell import Command
from ecluse.manifest.detect.tree import Tree
from ecluse.model.values import frozen

SERVERS = {
    "gunicorn": Kind.WSGI,
    "waitress-serve": Kind.WSGI,
    "uvicorn": Kind.ASGI,
    "hypercorn": Kind.ASGI,
    "daphne": Kind.ASGI,
    "granian": Kind.WSGI,
    "sanic": Kind.ASGI,
    "uwsgi": Kind.WSGI,
    "mod_wsgi-express": Kind.WSGI,
    "chaussette": Kind.WSGI,
}
"""Programs whose arguments name an app, and the interface it then has."""

BY_VARIABLE = {
    "flask": ("FLASK_APP", Kind.WSGI),
    "quart": ("QUART_APP", Kind.ASGI),
    "litestar": ("LITESTAR_APP", Kind.ASGI),
}
"""Programs of frameworks that take their app by `--app` or by a variable."""
WORKERS = frozenset(("celery", "rq", "rqworker", "huey_consumer", "huey_consumer.py", "dramatiq", "arq", "taskiq",
                     "procrastinate", "faust", "rqscheduler", "watchmedo"))  # fmt: skip
MIGRATES = re.compile(r"(manage\.py|django-admin) migrate\b|alembic\b.* upgrade\b|(flask|quart) .*\bdb upgrade\b|"
                      r"aerich upgrade\b|yoyo apply\b|piccolo migrations forwards\b")  # fmt: skip

DEEPEST = 3
"""Scripts of the repository that start one another."""
TARGET = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*(\(.*\))?")
INTERPRETER = re.compile(r"(python|pypy)[\d.]*")


@frozen
class Line:
    """Where a command line stands. `around` are the folders in which it runs and imports, before the command line
    itself says otherwise; `name` is that of the process, `known` what variables hold, `beside` the folder whose files
    an image may have at its root."""

    file: str
    line: int
    confidence: float
    around: tuple[str, ...] = (".",)
    name: str = ""
    known: Mapping[str, str] = field(default_factory=dict)
    beside: str = "."
    is_all: bool = False
    """Whether nobody else says what is run: then what comes before the app is told too."""


ONE_OFF = frozenset(("runserver", "runserver_plus", "collectstatic", "compilemessages", "loaddata", "createsuperuser",
                     "check", "createcachetable", "compress", "makemigrations", "test", "shell"))  # fmt: skip
"""Django's commands that end, or that serve for developers."""
SEEN_TO = frozenset(("runserver", "runserver_plus", "collectstatic", "compilemessages", "check", "compress",
                     "makemigrations", "test", "shell"))  # fmt: skip
"""Those of them that are done elsewhere, or that no release wants. The others fill a database, once."""
PASSING = frozenset(("db", "shell", "routes", "--help", "--version", "info", "schema", "version", "database"))
"""What the programs of frameworks can do by themselves, none of which stays."""
SERVES = frozenset((Kind.ASGI, Kind.WSGI, Kind.COMMAND))


def serving(tree: Tree, command: str, where: Line) -> Iterator[Fact]:
    """Everything that a command line starts; if it is an unknown program with `$PORT`, the command itself."""
    found = tuple(facts_of(tree, command, where))
    if not any(fact.kind in SERVES for fact in found) and ("$PORT" in command or "${PORT" in command):
        yield fact(Kind.COMMAND, command, where, less=0.3)
    yield from found


def process(tree: Tree, text: str, where: Line) -> Iterator[Fact]:
    """What one process of a file starts. Beside an app, what else it runs comes before it and ends; else the last
    thing that it runs is what stays."""
    found = tuple(facts_of(tree, text, where))
    passing = {each for each in found if each.kind is Kind.WORKER and each.confidence < where.confidence}
    stays = passing & set(found[-1:]) if not any(each.kind in SERVES for each in found) else set()
    yield from (each for each in found if each not in passing or each in stays)


def facts_of(tree: Tree, text: str, where: Line, seen: frozenset[str] = frozenset()) -> Iterator[Fact]:
    """What each command of a line is: an app on a known server, a program that serves, a worker, a migration.

    `seen` are the scripts that it stands in: one that starts itself isn't read again.
    """
    for command in shell.commands(text, where.known):
        inside_it = replace(where, around=(*folders_of(command), *where.around))
        yield from of_command(tree, command, inside_it, seen)


def folders_of(command: Command) -> Iterator[str]:
    """Where a command runs and imports from, by `cd` and by a variable."""
    paths = command.env.get("PYTHONPATH", "")
    base = command.folder or "."
    yield from (str(PurePosixPath(base) / path) for path in paths.split(":") if path and "$" not in path)
    if command.folder:
        yield command.folder


def of_command(tree: Tree, command: Command, where: Line, seen: frozenset[str]) -> Iterator[Fact]:
    words = behind_wrapper(module_run(here(tree, command.words)))
    command = replace(command, words=words)
    name, rest = command.program, list(words[1:])
    if name in SERVERS:
        yield from on_server(tree, command, where)
    elif MIGRATES.search(text := shlex.join(words)):
        yield fact(Kind.RELEASE, text, where)
    elif name in BY_VARIABLE and "run" in rest:
        yield from by_framework(tree, command, where)
    elif name in BY_VARIABLE and where.name and PASSING.isdisjoint(rest):
        yield fact(Kind.WORKER, with_app(command, where), where, label=where.name, folder=start(where), less=0.01)
    elif name == "fastapi":
        yield from in_file(tree, next((word for word in rest if word.endswith(".py")), ""), where)
    elif name in dashboards.RUNNERS and "run" in rest:
        file = next((word for word in rest if word.endswith(".py")), "")
        yield fact(Kind.COMMAND, dashboards.RUNNERS[name].command.format(file), where, folder=start(where))
    elif name in WORKERS:
        yield fact(Kind.WORKER, with_env(command), where, label=where.name or worker_name(words), folder=start(where))
    else:
        yield from of_program(tree, command, where, seen)


def fact(kind: Kind, value: str, where: Line, *, label: str = "", folder: str = ".", less: float = 0.0) -> Fact:
    return Fact(kind=kind, value=value, file=where.file, line=where.line, confidence=round(where.confidence - less, 3),
                label=label, folder=folder)  # fmt: skip


def here(tree: Tree, words: tuple[str, ...]) -> tuple[str, ...]:
    """A program of another machine's environment by its name alone: `/srv/venv/bin/celery` is `celery`."""
    first = PurePosixPath(words[0])
    is_ours = any(folder in tree for folder in below(words[0]))
    return (first.name, *words[1:]) if first.parent.name == "bin" and not is_ours else words


def behind_wrapper(words: tuple[str, ...]) -> tuple[str, ...]:
    """`./wait.sh gunicorn …` is `gunicorn …`, whatever the first program does before."""
    at = next((index for index, word in enumerate(words) if PurePosixPath(word).name in SERVERS), 0)
    return words if words[0] == "python" else words[at:]


def module_run(words: tuple[str, ...]) -> tuple[str, ...]:
    """`python -m gunicorn …` is `gunicorn …`; options of the interpreter go."""
    if not INTERPRETER.fullmatch(PurePosixPath(words[0]).name):
        return words
    rest = list(words[1:])
    while rest and re.fullmatch(r"-[uOBEIsSd]+|-[XW]", rest[0]):
        rest = rest[2:] if rest[0] in {"-X", "-W"} else rest[1:]
    if rest[:1] == ["-m"] and len(rest) > 1:
        is_known = rest[1] in {*SERVERS, *BY_VARIABLE, *dashboards.RUNNERS, *WORKERS, "fastapi"}
        return tuple(rest[1:]) if is_known else ("python", *rest)
    return ("python", *rest)


def on_server(tree: Tree, command: Command, where: Line) -> Iterator[Fact]:
    name, rest = command.program, list(command.words[1:])
    target = next((word for word in rest if TARGET.fullmatch(word)), "") or target_of(name, rest)
    if number := count(rest):
        yield fact(Kind.COUNT, number, where)
    if target and "aiohttp." in " ".join(rest):  # a worker class of its own, without which nothing understands the app
        yield fact(Kind.COMMAND, on_port(command), where, folder=start(where))
    elif target:
        around = (*imports_from(command), *where.around)
        yield fact(interface(name, rest), called(target, rest), where,
                   folder=home(tree, target.partition(":")[0], around))  # fmt: skip


def on_port(command: Command) -> str:
    """gunicorn's command line with its address exchanged."""
    bound = {index for index, word in enumerate(command.words) if word in {"-b", "--bind"}}
    kept = [word for index, word in enumerate(command.words)
            if not {index, index - 1} & bound and not word.startswith(("-b=", "--bind="))]  # fmt: skip
    return f"{with_env(replace(command, words=tuple(kept)))} --bind 127.0.0.1:$PORT"


def target_of(name: str, rest: list[str]) -> str:
    """An app in the other forms of the servers: a module alone, a file, a dotted path."""
    if name == "uwsgi":
        module = after(rest, ("--module", "-w", "--wsgi"))
        file = after(rest, ("--wsgi-file", "--file"))
        callable_ = after(rest, ("--callable",)) or "application"
        if file:
            return f"{file.removesuffix('.py').strip('./').replace('/', '.')}:{callable_}"
        return module if ":" in module or not module else f"{module}:{callable_}"
    module = next((word for word in reversed(rest) if re.fullmatch(r"[A-Za-z_]\w*(\.\w+)+", word)), "")
    if name == "sanic" and module:
        return ":".join(module.rsplit(".", 1))
    return f"{module}:application" if module and name == "gunicorn" else ""


def by_framework(tree: Tree, command: Command, where: Line) -> Iterator[Fact]:
    """`flask --app shop run`, `FLASK_APP=shop flask run`"""
    variable, kind = BY_VARIABLE[command.program]
    named = (
        after(list(command.words), ("--app", "-A")) or command.env.get(variable, "") or where.known.get(variable, "")
    )
    yield from named_app(tree, named, kind, where)


def with_app(command: Command, where: Line) -> str:
    """A command of the app's own, told its app by name where a variable of the file does that."""
    words, (variable, _) = command.words, BY_VARIABLE[command.program]
    app = command.env.get(variable, "") or where.known.get(variable, "")
    is_told = not app or any(word.partition("=")[0] in {"--app", "-A"} for word in words)
    return with_env(command if is_told else replace(command, words=(words[0], "--app", app, *words[1:])))


def named_app(tree: Tree, named: str, kind: Kind, where: Line) -> Iterator[Fact]:
    """What FLASK_APP and its kind may hold: `shop.py`, `shop:create_app`, `shop:create_app('dev')`, `shop`."""
    module, _, attribute = named.partition(":")
    path = module.removeprefix("./")
    if not module:
        return
    if path.endswith(".py") or "/" in path:
        yield from in_file(tree, path if path.endswith(".py") else f"{path}/__init__.py", where, attribute)
        return
    tail = module.replace(".", "/")
    ends = (f"{tail}.py", f"{tail}/__init__.py")
    files = [place for end in ends for place in (end, f"src/{end}") if place in tree]
    known = next(in_file(tree, files[0], where, attribute) if files else iter(()), None)
    if attribute or known:
        value = known.value.partition(":")[2] if known else attribute
        yield fact(known.kind if known else kind, f"{module}:{value}", where, folder=home(tree, module, where.around))


def in_file(tree: Tree, path: str, where: Line, attribute: str = "") -> Iterator[Fact]:
    """The likeliest app of a file, or that with the given name, as sure as the command line is."""
    places = [inside(folder, path) for hint in (".", *where.around) for folder in below(hint)]
    place = next((place for place in places if place in tree), "")
    wanted = [each for each in webapps.read(tree) if each.file == place and is_called(each, attribute)]
    for each in sorted(wanted, key=lambda each: -each.confidence)[:1]:
        value = f"{each.value.partition(':')[0]}:{attribute}" if "(" in attribute else each.value
        yield replace(each, value=value, file=where.file, line=where.line, confidence=round(where.confidence, 3))


def is_called(app: Fact, attribute: str) -> bool:
    """Whether an app has that name, if there is one, arguments apart."""
    return not attribute or app.value.partition(":")[2].partition("(")[0] == attribute.partition("(")[0]


def of_program(tree: Tree, command: Command, where: Line, seen: frozenset[str]) -> Iterator[Fact]:
    """A program of the repository: one in Python, or a script for a shell, which is read in turn."""
    script = next((path for word in command.words[:2] for path in found_file(tree, word, where)), "")
    if script and not script.endswith(".py"):
        text = tree.text(script)
        if script not in seen and len(seen) < DEEPEST and is_shell_script(script, text):
            yield from facts_of(tree, text, where, seen | {script})
        return
    program = python_program(tree, command, script, where)
    started = programs.started(tree, program) if program else None
    if started is None or program is None:
        if program and where.name and ONE_OFF.isdisjoint(command.words):
            yield fact(Kind.WORKER, with_env(command), where, label=where.name, folder=program.folder, less=0.01)
        elif program and where.is_all and SEEN_TO.isdisjoint(command.words):
            yield fact(Kind.BEFOREHAND, with_env(command), where, folder=program.folder)
        return
    serving, line, label = started
    is_told = any("$PORT" in word or "${PORT" in word for word in command.words)
    less = 0.0 if serving.launch.starter.is_own else 0.3
    yield from (replace(each, file=where.file, line=where.line, confidence=round(where.confidence - 0.02, 3))
                for each in webapps.read(tree) if less and each.file == serving.launch.module.path)  # fmt: skip
    yield fact(
        Kind.COMMAND,
        with_env(command) if is_told else line,
        where,
        label="" if is_told else label,
        folder=program.folder,
        less=less,
    )


def is_shell_script(path: str, text: str) -> bool:
    return path.endswith((".sh", ".bash")) or (text.startswith("#!") and "sh" in text.partition("\n")[0])


def found_file(tree: Tree, word: str, where: Line) -> Iterator[str]:
    """The file of the repository that a word names. One of an image (`/start`) may lie beside its Dockerfile."""
    if "." not in word and "/" not in word:
        return
    path = PurePosixPath(word.removeprefix("./"))
    named = [folder for hint in (*where.around, ".") for folder in below(str(PurePosixPath(hint) / path))]
    beside = [inside(where.beside, path.name)] if path.is_absolute() else []
    yield from (each for each in (*named, *beside) if each in tree)


def python_program(tree: Tree, command: Command, script: str, where: Line) -> Program | None:
    """`python -m NAME`, a file, or a console script of this repository."""
    words = command.words
    if words[0] == "python" and words[1:2] == ("-m",):
        return of_module(tree, words, where)
    return of_file(tree, words, script, where) if script else of_script(tree, words)


def of_module(tree: Tree, words: tuple[str, ...], where: Line) -> Program | None:
    tail = "".join(words[2:3]).replace(".", "/")
    places = [inside(folder, end) for end in (f"{tail}/__main__.py", f"{tail}.py")
              for hint in (*where.around, ".", "src", "lib") for folder in below(hint)]  # fmt: skip
    module = next((found for place in places if (found := tree.module(place))), None)
    return Program(words=shlex.join(words), module=module, folder=module.folder) if module else None


def of_file(tree: Tree, words: tuple[str, ...], path: str, where: Line) -> Program | None:
    """Started where the command line says, if the file lies there by that name, else at the root."""
    module = tree.module(path)
    first, *rest = words[1:] if words[0] == "python" else words
    folder = start(where)
    is_there = inside(folder, first.removeprefix("./")) == path
    shown = shlex.join(("python", first if is_there else path, *rest))
    return Program(words=shown, module=module, folder=folder if is_there else ".") if module else None


def of_script(tree: Tree, words: tuple[str, ...]) -> Program | None:
    for _, _, name, target in scripts.declared(tree):
        if name == words[0] and (module := scripts.module_of(tree, target)):
            function = target.partition(":")[2].partition(" ")[0]
            return Program(words=shlex.join(words), module=module, function=function)
    return None


def start(where: Line) -> str:
    """The folder in which it runs, as the repository calls it: one of a container is called something else."""
    hints = (PurePosixPath(hint) for hint in where.around)
    return str(next((hint for hint in hints if not hint.is_absolute()), PurePosixPath()))


def with_env(command: Command) -> str:
    """The command as text, `$PORT` left for the shell."""
    return " ".join(word if re.fullmatch(r"[\w$@%+=:,./{}-]+", word) else shlex.quote(word) for word in command.words)


def worker_name(words: tuple[str, ...]) -> str:
    known = next((word for word in words[1:] if word in {"beat", "flower", "worker", "scheduler"}), "")
    return known or words[0].removesuffix(".py").replace("_consumer", "")


def imports_from(command: Command) -> Iterator[str]:
    """The folders that a server's options name (gunicorn's `--pythonpath` takes several)."""
    rest = list(command.words[1:])
    base = PurePosixPath(command.folder or ".") / (
        after(rest, ("--chdir", "--working-dir", "--working-directory")) or "."
    )
    paths = after(rest, ("--app-dir", "--pythonpath", "--python-path"))
    yield from (str(base / path) for path in re.split(r"[,:]", paths) if path)
    if base != PurePosixPath("."):
        yield str(base)


def interface(server: str, words: list[str]) -> Kind:
    kind = SERVERS[server.rpartition("/")[2]]
    asynchronous = any("uvicorn" in word.lower() or word.lower().startswith("asgi") for word in words)
    return Kind.ASGI if asynchronous else kind


def called(target: str, words: list[str]) -> str:
    return f"{target}()" if {"--factory", "--call"} & set(words) and not target.endswith(")") else target


def after(words: list[str], options: tuple[str, ...]) -> str:
    """The value of an option in either spelling, empty when it isn't given."""
    for index, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name in options:
            return value if equals else "".join(words[index + 1 : index + 2])
    return ""


def count(words: list[str]) -> str:
    """The number after `-w` or `--workers`; empty where none, one, or a variable stands."""
    joined = next((word[2:] for word in words if re.fullmatch(r"-w\d+", word)), "")
    given = joined or after(words, ("-w", "--workers", "--processes", "-p"))
    return given if given.isdecimal() and 1 < int(given) < 64 else ""  # noqa: PLR2004 (more is no number of workers)
