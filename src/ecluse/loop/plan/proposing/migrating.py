"""What runs once before a release starts: the migration, or the Procfile's own release line."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator

from ecluse.loop.plan.proposing.locked import Note
from ecluse.loop.plan.proposing.waiting import without_waits
from ecluse.manifest.argv import SHELL, argv_of
from ecluse.manifest.detect.facts import Fact, Kind, every, first, values
from ecluse.manifest.detect.tables import CREATE, ONCE
from ecluse.model.app import Argv

DATABASE = re.compile(r"\.(db|db3|sqlite|sqlite3)$")
UPGRADE = "flask db upgrade"
WORDS = ("migrate", "upgrade")
"""What a command line that migrates says."""


def migration(facts: tuple[Fact, ...], entry: Fact, note: Note) -> Argv:
    fact = chosen(facts)
    command = command_of(fact, facts, entry) if fact else ""
    note("app.migrate", fact if command else None)
    return argv_of(command) if command else ()


def command_of(fact: Fact, facts: tuple[Fact, ...], entry: Fact) -> str:
    """As it is run from the root; empty for one that may be run only once, when nothing shows that it was."""
    if fact.label == CREATE:
        return inside(entry.folder, f'python -c "{created(fact, entry)}"')
    if fact.kind is Kind.RELEASE:
        return without_waits(fact.value)[0]
    command = of_flask(fact, facts, entry) if fact.value.startswith("flask ") else fact.value
    if fact.label != ONCE:
        return command
    file = database_file(facts)
    return f"test -s {file} || {command}" if file else ""


def of_flask(fact: Fact, facts: tuple[Fact, ...], entry: Fact) -> str:
    """A command of `flask`, for the app: where it is started by a command line, for the one that the code has."""
    app = entry if entry.kind is not Kind.COMMAND else first(facts, Kind.WSGI)
    command = fact.value.replace("flask ", f"flask --app {quoted(app.value)} ", 1) if app else fact.value
    folder = app.folder if app else entry.folder
    revisions = posixpath.relpath(fact.folder, folder)
    if fact.value == UPGRADE and revisions != "migrations":  # where Flask-Migrate looks
        command = f"{command} --directory {shlex.quote(revisions)}"
    return inside(folder, command)


def inside(folder: str, command: str) -> str:
    return command if folder == "." else f"env -C {folder} {command}"


def quoted(entry: str) -> str:
    """A factory's parentheses are a shell's own; flask finds it without."""
    return shlex.quote(entry.removesuffix("()"))


def created(fact: Fact, entry: Fact) -> str:
    """`create_all` of Flask-SQLAlchemy, in the app's context."""
    module, _, attribute = entry.value.partition(":")
    name = attribute.partition("(")[0]
    where, _, database = fact.value.partition(":")
    called = f"{name}{attribute[len(name) :]}".replace('"', "'")
    imports = f"from {module} import {name}; from {where} import {database}"
    return f"{imports}; {called}.app_context().push(); {database}.create_all()"


def database_file(facts: tuple[Fact, ...]) -> str:
    """The one file that shows whether there is a database yet."""
    return next((path for path in values(facts, Kind.STATE) if DATABASE.search(path)), "")


def chosen(facts: tuple[Fact, ...]) -> Fact | None:
    """A migration that the code has, else a release line: one that names a migration before any other."""
    lines = every(facts, Kind.RELEASE)
    return first(facts, Kind.MIGRATE) or next(filter(migrates, lines), None) or next(iter(lines), None)


def migrates(fact: Fact) -> bool:
    """Whether it is a migration for certain; a release line may be anything, such as a message to a chat."""
    by_hand = fact.label in {CREATE, ONCE}
    return (fact.kind is Kind.MIGRATE and not by_hand) or any(word in fact.value for word in WORDS)


def is_custom(fact: Fact) -> bool:
    """Whether it is the project's own command, which may do more than migrate."""
    tool = fact.value == UPGRADE or "manage.py" in fact.value or "alembic" in fact.value
    return fact.kind is Kind.MIGRATE and fact.label not in {CREATE, ONCE} and not tool


def left_out(facts: tuple[Fact, ...]) -> Iterator[str]:
    """The release lines that do more than, or something else than, what will be run; and what is run by hand."""
    run = chosen(facts)
    for fact in every(facts, Kind.RELEASE):
        plain = migrates(fact) and argv_of(fact.value)[: len(SHELL)] != SHELL
        if fact != run and not plain:
            yield f"the release line `{fact.value}` ({fact.place}) is not run: add to app.migrate what a release needs"
    for part in without_waits(run.value)[1] if run and run.kind is Kind.RELEASE else ():
        yield f"`{part}` ({run.place if run else ''}) only waits, and is not run"
    yield from beforehand(facts, run.value if run else "")
    if run and run.label == CREATE:
        yield f"how the tables are made ({run.place}): nothing in the code does, so app.migrate calls create_all"
    if run and run.label == ONCE:
        when = "only while its file is not there" if database_file(facts) else "by nobody: what is there would be lost"
        yield f"`{run.value}` ({run.place}) makes the tables anew, or fills them: it is run {when}"


def beforehand(facts: tuple[Fact, ...], run: str) -> Iterator[str]:
    """What containers run besides `run`: it may fill a database, or make somebody who can log in."""
    lines: dict[str, str] = {}
    for fact in every(facts, Kind.BEFOREHAND):
        if fact.value not in run and without_waits(fact.value)[0]:
            lines.setdefault(fact.value, fact.place)
    for place in dict.fromkeys(lines.values()):
        listed = ", ".join(f"`{line}`" for line, where in lines.items() if where == place)
        yield (
            f"the container runs {listed} ({place}) before the app, a release doesn't: run what is wanted once by "
            "`ecluse exec -- …`, or add it to app.migrate"
        )
