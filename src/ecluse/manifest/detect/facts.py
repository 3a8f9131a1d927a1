"""One thing that was found in a repository, with its evidence."""

from __future__ import annotations

from enum import StrEnum

from ecluse.model.values import frozen

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
    SYNTAX = "syntax"
    """`X.Y`, the oldest Python found that can parse a file which the reading one can't."""
    UNPARSED = "unparsed"
    """Why no Python that was found can parse a file of the app."""
    PROJECT = "project"
    """A folder below the root that says by itself what it needs, by packaging metadata."""
    BUILDS = "builds"
    """The build backend: the repository can be installed itself."""
    MANAGER = "manager"
    """uv, poetry, pdm, pipenv, pip or setuptools."""
    DEPENDENCY = "dependency"
    """The normalised name of a package it needs to run."""
    LOCKED = "locked"
    """`name==version` in another tool's lock; `label` is a group that only development needs."""
    REQUIREMENTS = "requirements"
    """A requirements file for running."""
    TEST_REQUIREMENTS = "test-requirements"
    """A requirements file for testing."""
    TEST_LISTED = "test-listed"
    """The normalised name of a package in the requirements file for testing that is `file`."""
    TEST_EXTRA = "test-extra"
    TEST_GROUP = "test-group"
    TEST_DEPENDENCY = "test-dependency"
    """A requirement that only tests need, as written."""
    ASGI = "asgi"
    """`package.module:attribute`; a factory ends in `()`."""
    WSGI = "wsgi"
    """Like ASGI."""
    NEARLY = "nearly"
    """What looks like an entry point and can't be one; `label` says why."""
    COUNT = "count"
    """How many processes a command line that serves asks for."""
    COMMAND = "command"
    """A command line that serves on `$PORT`; `label` is what to know of how it gets there."""
    SETTINGS = "settings"
    """Django's settings module; `label` is not empty where nothing but the variable names it."""
    DEVELOPMENT = "development"
    """What Django's settings hold that production must not have: the setting with its value, or without if secret."""
    RELEASE = "release"
    """A command line to run before each release starts."""
    BEFOREHAND = "beforehand"
    """A command line that a container runs before its app, and that nobody else runs."""
    WORKER = "worker"
    """A command line of a background process; `label` is its name."""
    PROGRAM = "program"
    """A command line that starts something, in `folder`: the root, or a folder that declares what it needs."""
    QUEUE = "queue"
    """A queue that lies in files, so that its workers need no broker."""
    MIGRATE = "migrate"
    """A command line that brings the database to the code's schema."""
    PREPARE = "prepare"
    """A command line to run in the assembled tree: static files, translations; `label` says what it is there for."""
    FRONTEND = "frontend"
    """A command line that builds the front end, in `folder`; `label` is the one that installs what it needs."""
    BUILT = "built"
    """A path that the front end's build writes."""
    NODE = "node"
    """A range of versions of Node.js."""
    STATIC = "static"
    """A URL prefix whose files the original server sends itself; `label` is their path below the tree."""
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
    CONFIGURED = "configured"
    """An environment variable that says where the configuration is; `label` is a file of the repository for it."""
    SAMPLE = "sample"
    """A configuration file from which people are to start."""
    ADDRESS = "address"
    """An environment variable for the address of a service, or a part of it; `label` is `detect.addresses`'s."""
    ASYNC_ENGINE = "async-engine"
    """Where SQLAlchemy's engine for asyncio is made."""
    PLAIN = "plain"
    """Where the code wants a URL without a driver in its scheme: it puts it in by itself, or calls the driver."""
    EXPOSED = "exposed"
    """An env file that git doesn't ignore, and which of its variables seem to hold secrets."""
    FIXED = "fixed"
    """Where the code holds the address of a service, which so can't be given; the URL's scheme, or the kind."""
    RUNNER = "runner"
    """pytest, unittest or django."""
    TEST_FILE = "test-file"
    """A file that holds tests."""
    TEST_RUN = "test-run"
    """What follows the runner's name where the repository runs its tests; `label` is the runner."""
    TEST_SETTINGS = "test-settings"
    """Django's settings module for tests."""
    TEST_ENVIRONMENT = "test-environment"
    """A command line of an environment that tox or nox runs; `label` is `tox:NAME` or `nox:NAME`."""
    ROBOT = "robot"
    """A folder or file of Robot Framework's suites."""
    TESTS = "tests"
    """A folder or file of tests; `label` is `PACKAGE` where it is imported as one."""
    COVERAGE = "coverage"
    """What the repository asks to be covered, empty when it doesn't say."""
    LINTER = "linter"
    """A command line; `label` is the tool's package."""
    UNREAD = "unread"
    """What a reader was about when it failed, and how it failed."""


@frozen
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
