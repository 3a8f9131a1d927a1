"""With which command lines the repository runs its tests: tox, nox, Makefile, CI, scripts of pyproject.toml."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import field
from pathlib import PurePosixPath

from ecluse.manifest.detect import toxnox
from ecluse.manifest.detect.facts import SURE, Fact, Kind
from ecluse.manifest.detect.tree import Tree
from ecluse.model.values import frozen

CI = re.compile(
    r"\.github/workflows/[^/]+\.ya?ml|\.gitlab-ci\.yml|\.travis\.yml|azure-pipelines\.yml|\.circleci/config\.yml"
)
LONGEST = 2000
"""Characters of a line beyond which it is no command that a person wrote."""
SEPARATORS = re.compile(r"&&|\|\||;|\s\|\s")
ASSIGNED = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=.*", re.DOTALL)
WRAPPERS = frozenset(("uv", "poetry", "pipenv", "pdm", "hatch", "rye", "pixi"))
"""Each runs a program of its environment: `TOOL run PROGRAM`."""
PREFIXES = frozenset(("exec", "time", "env", "xvfb-run", "command", "sudo", "nice"))
RUNNERS = {"pytest": "pytest", "py.test": "pytest", "unittest": "unittest", "xmlrunner": "unittest", "robot": "robot"}
DJANGO = frozenset(("manage.py", "django-admin", "django"))
SETTINGS = "DJANGO_SETTINGS_MODULE"
PYTHON = re.compile(r"python[\d.]*|PYTHON\w*|pypy[\d.]*")


@frozen
class Run:
    """A command that runs tests: what follows the runner's name, and the variables that stand before it."""

    runner: str
    words: tuple[str, ...]
    env: dict[str, str] = field(default_factory=dict)


def read(tree: Tree) -> Iterator[Fact]:
    for said in lines(tree):
        for run in runs(said.value):
            words = [*(f"{name}={value}" for name, value in plain(run.env)), *kept(run, tree)]
            yield Fact(kind=Kind.TEST_RUN, value=shlex.join(words), label=run.runner, file=said.file,
                       line=said.line, confidence=said.confidence, folder=said.folder)  # fmt: skip
            if settings := settings_of(run):
                yield Fact(kind=Kind.TEST_SETTINGS, value=settings, file=said.file, line=said.line,
                           confidence=said.confidence)  # fmt: skip
    yield from configured_settings(tree)


def lines(tree: Tree) -> Iterator[Fact]:
    """Command lines, those surest to be the usual way to test first."""
    yield from toxnox.base(tree)
    yield from makefile(tree)
    yield from scripts(tree)
    yield from ci(tree)


def ci(tree: Tree) -> Iterator[Fact]:
    for path in tree.paths:
        if CI.fullmatch(path):
            for number, text in enumerate(tree.text(path).splitlines(), 1):
                line = re.sub(r"^\s*(- )?((run|script): *)?[|>]?", "", text)
                yield command(line.strip("'\" "), path, number, SURE - 0.02)


def makefile(tree: Tree) -> Iterator[Fact]:
    target = ""
    for number, text in enumerate(tree.text("Makefile").splitlines(), 1):
        if found := re.match(r"([\w-]+)\s*:(?!=)", text):
            target = found[1]
        elif text.startswith("\t"):
            usual = target in {"test", "tests", "check"}
            yield command(text.strip().lstrip("@-"), "Makefile", number, SURE + (0.02 if usual else -0.03))


def scripts(tree: Tree) -> Iterator[Fact]:
    """pdm's, poe's and hatch's."""
    file = "pyproject.toml"
    tables = [tree.table(file, "tool", "pdm", "scripts"), tree.table(file, "tool", "poe", "tasks")]
    tables += [tree.table(file, "tool", "hatch", "envs", name, "scripts")
               for name in tree.table(file, "tool", "hatch", "envs")]  # fmt: skip
    for table in tables:
        for name, said in table.items():
            text = said.get("cmd") if isinstance(said, dict) else said
            if isinstance(text, str):
                yield command(text, file, tree.line(file, text), SURE + (0.01 if name == "test" else -0.03))


def command(text: str, file: str, line: int, confidence: float) -> Fact:
    return Fact(kind=Kind.TEST_RUN, value=text, file=file, line=line, confidence=confidence)


def runs(text: str) -> Iterator[Run]:
    """The test runs in one line of a shell; what can't be read is passed over."""
    for words, env in programs(text):
        name = PurePosixPath(words[0]).name
        if name in DJANGO and words[1:2] == ["test"]:
            yield Run(runner="django", words=tuple(words[2:]), env=env)
        elif name in RUNNERS:
            yield Run(runner=RUNNERS[name], words=tuple(words[1:]), env=env)


def program(text: str) -> list[str]:
    """The first program of a line and its words, its name without a path."""
    words, _ = next(programs(text), ([], {}))
    return [PurePosixPath(words[0]).name, *words[1:]] if words else []


def programs(text: str) -> Iterator[tuple[list[str], dict[str, str]]]:
    """What a line starts, without the tools that it is started by, and with the variables that are set for it."""
    if len(text) > LONGEST:
        return
    plain = re.sub(r"(?<!=)\$[({](\w+)[)}]", r"\1", re.sub(r"\{posargs(?::([^}]*))?\}", r"\1", text))
    for part in SEPARATORS.split(plain):
        try:
            words = shlex.split(part, comments=True)
        except ValueError:
            continue
        words, env = unwrapped(words)
        if words:
            yield words, env


def unwrapped(words: list[str]) -> tuple[list[str], dict[str, str]]:
    env: dict[str, str] = {}
    while words:
        name = PurePosixPath(words[0]).name
        if ASSIGNED.fullmatch(words[0]):
            key, _, value = words.pop(0).partition("=")
            env[key] = value
        elif name in WRAPPERS and words[1:2] == ["run"]:
            words = without_options(words[2:])
        elif name in PREFIXES:
            words = words[1:]
        elif name == "coverage" and words[1:2] == ["run"]:
            words = entered(words[2:])
        elif PYTHON.fullmatch(name):
            words = entered(words[1:])
        else:
            break
    return words, env


def entered(words: list[str]) -> list[str]:
    """What an interpreter, or coverage.py, is told to run: the module behind `-m`, or the script."""
    for index, word in enumerate(words):
        if word == "-m":
            return words[index + 1 :]
        if not word.startswith("-"):
            return words[index:]
    return []


def without_options(words: list[str]) -> list[str]:
    return next((words[index:] for index, word in enumerate(words) if not word.startswith("-")), [])


def plain(env: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Variables whose values stand there, other than the settings, which are a fact of their own."""
    return ((name, value) for name, value in env.items() if name != SETTINGS and not re.search(r"[${}]", value))


WITH_VALUE = {
    "pytest": ("-m", "-k", "-c", "-o", "-p", "--ds", "--ignore", "--ignore-glob", "--deselect", "--import-mode",
               "--override-ini"),
    "unittest": ("-s", "--start-directory", "-p", "--pattern", "-t", "--top-level-directory", "-k"),
    "django": ("--tag", "--exclude-tag", "-p", "--pattern", "-t", "--top-level-directory", "-k"),
    "robot": ("-v", "--variable", "-V", "--variablefile", "-i", "--include", "-e", "--exclude", "-P", "--pythonpath",
              "-s", "--suite", "--skip"),
}  # fmt: skip
"""Options that say which tests are run, and how they are found; others say what is shown, or how many at once."""
FLAGS = {"pytest": ("--doctest-modules", "--pyargs", "--nomigrations", "--no-migrations", "--reuse-db")}


def kept(run: Run, tree: Tree) -> list[str]:
    """The words that choose tests. A path that isn't there is none: it comes from a variable."""
    valued, flags = WITH_VALUE[run.runner], FLAGS.get(run.runner, ())
    words, found = list(run.words), []
    while words:
        word = words.pop(0)
        if word in valued and words:
            found += [word, words.pop(0)]
        elif word.startswith("-"):
            found += [word] if word.partition("=")[0] in valued or word in flags else []
        else:
            found += [word] if chooses(word, run.runner, tree) else []
    return found


def chooses(word: str, runner: str, tree: Tree) -> bool:
    """Whether a word names tests: a path of the tree, or a module with perhaps a class and a test behind it."""
    path = word.partition("::")[0].removeprefix("./").rstrip("/")
    if runner in {"pytest", "robot"} or "/" in path:
        return path not in {"", "."} and there(path, tree)
    parts = word.split(".")
    modules = ("/".join(parts[: len(parts) - cut]) for cut in range(min(3, len(parts))))
    return word == "discover" or any(there(module, tree) or f"{module}.py" in tree for module in modules)


def there(path: str, tree: Tree) -> bool:
    return path in tree or any(other.startswith(f"{path}/") for other in tree.paths)


def settings_of(run: Run) -> str:
    """Django's settings that the tests want."""
    for index, word in enumerate(run.words):
        name, _, value = word.partition("=")
        if name in {"--settings", "--ds"}:
            return value or next(iter(run.words[index + 1 :]), "")
    return run.env.get(SETTINGS, "")


def configured_settings(tree: Tree) -> Iterator[Fact]:
    """In pytest's own settings, and in tox's environment."""
    for file in ("pytest.ini", "setup.cfg", "tox.ini", "pyproject.toml"):
        for number, text in enumerate(tree.text(file).splitlines(), 1):
            if found := re.match(r"\s*(?:set_?env\s*=\s*)?[\"']?DJANGO_SETTINGS_MODULE\s*=\s*[\"']?([\w.]+)", text):
                yield Fact(kind=Kind.TEST_SETTINGS, value=found[1], file=file, line=number, confidence=SURE + 0.05)
