"""One thing that was found in a repository, with its evidence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

SURE = 0.9
"""The repository says it in so many words."""
LIKELY = 0.7
"""The code implies it, in the usual way."""
GUESS = 0.4
"""A name or a convention suggests it."""

PACKAGE = "package"


class Kind(StrEnum):
    """What a fact is about. The comment of each says what `value` holds."""

    NAME = "name"
    """The project's name."""
    PYTHON = "python"
    """`X.Y`, where something other than packaging metadata asks for it."""
    PROJECT = "project"
    """A folder below the root that says by itself what it needs, by packaging metadata."""
    BUILDS = "builds"
    """The build backend: the repository can be installed itself."""
    MANAGER = "manager"
    """uv, poetry, pdm, pipenv, pip or setuptools."""
    DEPENDENCY = "dependency"
    """The normalised name of a package it needs to run."""
    REQUIREMENTS = "requirements"
    """A requirements file for running."""
    TEST_REQUIREMENTS = "test-requirements"
    """A requirements file for testing."""
    TEST_EXTRA = "test-extra"
    TEST_GROUP = "test-group"
    TEST_DEPENDENCY = "test-dependency"
    """A requirement that only tests need, as written."""
    ASGI = "asgi"
    """`package.module:attribute`; a factory ends in `()`."""
    WSGI = "wsgi"
    """Like ASGI."""
    COUNT = "count"
    """How many processes a command line that serves asks for."""
    COMMAND = "command"
    """A command line that serves; `label` says how it gets its port."""
    SETTINGS = "settings"
    """Django's settings module."""
    RELEASE = "release"
    """A command line to run before each release starts."""
    WORKER = "worker"
    """A command line of a background process; `label` is its name."""
    MIGRATE = "migrate"
    """A command line that brings the database to the code's schema."""
    PREPARE = "prepare"
    """A command line to run in the assembled tree: static files, translations."""
    STATE = "state"
    """A path below the tree that is the app's data; a folder ends in `/`; `label` is what to know of it, `folder` where
    the code must be imported from that writes there."""
    WRITES = "writes"
    """A path that the code writes to and that can't be state: it isn't known, or source is kept there."""
    ROUTE = "route"
    """A path that answers GET."""
    HOST = "host"
    """A host name that the app accepts."""
    VARIABLE = "variable"
    """An environment variable without which the code does not start; `label` is a value that suits it, if known."""
    CAST = "cast"
    """An environment variable; `label` is what its text is read as: int, bool, url …"""
    ADDRESS = "address"
    """An environment variable for the address of a service, or a part of it; `label` is `detect.addresses`'s."""
    ASYNC_ENGINE = "async-engine"
    """Where SQLAlchemy's engine for asyncio is made."""
    PLAIN = "plain"
    """Where the code wants a URL without a driver in its scheme: it puts it in by itself, or calls the driver."""
    FIXED = "fixed"
    """Where the code holds the address of a service on this machine, which so can't be given; the URL's scheme."""
    RUNNER = "runner"
    """pytest, unittest or django."""
    TESTS = "tests"
    """A folder or file of tests; `label` is `PACKAGE` where it is imported as one."""
    COVERAGE = "coverage"
    """What the repository asks to be covered, empty when it doesn't say."""
    LINTER = "linter"
    """A command line; `label` is the tool's package."""
    UNREAD = "unread"
    """What a reader was about when it failed, and how it failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """`file` and `line` are the evidence (line 0: the file as a whole); `folder` is where the value holds."""

    kind: Kind
    value: str
    file: str
    line: int = 0
    confidence: float = LIKELY
    folder: str = "."
    label: str = ""

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


def first(facts: tuple[Fact, ...], kind: Kind) -> Fact | None:
    """The surest fact of a kind."""
    return next(iter(every(facts, kind)), None)


def every(facts: tuple[Fact, ...], kind: Kind) -> tuple[Fact, ...]:
    """All facts of a kind, surest first."""
    return tuple(sorted((fact for fact in facts if fact.kind is kind), key=lambda fact: -fact.confidence))


def values(facts: tuple[Fact, ...], kind: Kind) -> tuple[str, ...]:
    """The values of a kind, surest first, each once."""
    return tuple(dict.fromkeys(fact.value for fact in every(facts, kind)))
