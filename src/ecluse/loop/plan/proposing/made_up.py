"""Values that nobody gave: what a variable may hold so that the app starts. Pure."""

from __future__ import annotations

import re

from ecluse.manifest.detect.facts import Fact, Kind, every
from ecluse.manifest.detect.hosts import HERE

OF_KIND = {
    "int": "1", "float": "1", "bool": "false", "json": "{}", "dict": "{}", "list": "[]", "path": ".",
    "url": "http://localhost", "postgresql": "postgresql://localhost/app", "mysql": "mysql://localhost/app",
    "redis": "redis://localhost:6379/0", "amqp": "amqp://localhost", "mongodb": "mongodb://localhost/app",
    "email": "someone@example.org", "date": "2000-01-01", "datetime": "2000-01-01T00:00:00",
    "uuid": "00000000-0000-4000-8000-000000000000", "db": "sqlite:///local.db", "cache": "locmemcache://",
    "dj-cache": "locmem://", "mail": "consolemail://", "dj-mail": "console:",
}  # fmt: skip
"""By what the code reads it as (`Kind.CAST`)."""

OTHERS = ("1", "http://localhost", "sqlite:///local.db", "localhost:8000", "2000-01-01", "{}", "someone@example.org",
          "Zm9yLWRldmVsb3BtZW50LW9ubHktbm8tc2VjcmV0ISE=", "0123456789abcdef" * 4)  # fmt: skip
"""Tried one after the other when the code refuses a value; the last two are long enough for a key."""


BY_NAME = tuple((re.compile(pattern), value) for pattern, value in (
    (r"(?:.*_)?SENTRY_DSN", ""),  # which switches it off (docs.sentry.io, "Basic Options")
    (r"(?:.*_)?(?:DATABASE|DB)(?:_\w+)?_?UR[LI](?:_\w+)?|DATABASE|.*_DSN", "sqlite:///local.db"),
    (r"DEBUG.*|.*_DEBUG", "1"),
    (r"(?:.*_)?(?:DB|PG|HTTPS?|SMTP|MAIL|REDIS|WEB)?PORT", "8000"),
    (r".*HOSTS", ",".join(HERE)),
    (r".*_HOST(?:NAME)?|.*HOST.*_UR[LI]", "localhost"),
    (r".*_UR[LI]", "http://localhost"),
    (r".*", "for-development-only"),
))  # fmt: skip
"""The first that fits. A database's address is a whole one: its host, its user and its password are none."""


def value_for(name: str, facts: tuple[Fact, ...]) -> str:
    """By what it is read as, else by its name."""
    kind = next((fact.label for fact in every(facts, Kind.CAST) if fact.value == name), "")
    return OF_KIND.get(kind) or safe_value(name)


def next_value(name: str, refused: str, facts: tuple[Fact, ...], said: str = "") -> str | None:
    """Another one than those tried before; None when there is no more. They are tried in one fixed order, after
    addresses of the schemes that the refusal names (a web address in it is where to read more)."""
    schemes = re.findall(r"\b(?!https?:)([a-z][a-z0-9+]*)(?:://|\b(?= scheme))", said)
    named = (OF_KIND.get(scheme, f"{scheme}://localhost/app") for scheme in schemes)
    order = tuple(dict.fromkeys((value_for(name, facts), *named, *OTHERS)))
    rest = order[order.index(refused) + 1 :] if refused in order else ()
    return next(iter(rest), None)


def safe_value(name: str) -> str:
    """A value for development that a variable of this name may take; no secret."""
    return next(value for pattern, value in BY_NAME if pattern.fullmatch(name))
