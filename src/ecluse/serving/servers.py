"""Which server runs which interface on which Python, from which pinned requirements, and what it guarantees.

Read by the launcher and by controllers. docs/explanation/servers.md says why.
"""

from typing import Dict, FrozenSet, NamedTuple, Tuple

AUTO = "auto"

LAME_DUCK = "lame-duck"
COUNTS = "counts"
STAMPS = "stamps"
WEBSOCKET_1012 = "websocket-1012"
GRACEFUL_STOP = "graceful-stop"

_WRAPPED = frozenset((LAME_DUCK, COUNTS, STAMPS, GRACEFUL_STOP))

CHOICES: Dict[str, Tuple[str, ...]] = {"asgi": ("granian", "uvicorn"), "wsgi": ("granian", "gunicorn")}
"""The servers of an interface; the first is the one that `auto` means."""

NAMES = ("granian", "gunicorn", "uvicorn")

PYTHONS = ((3, 9), (3, 14))
"""The first Python that the pinned versions have wheels for, and the first that they were not tried on."""


class Choice(NamedTuple):
    """`requirements` is the name of a file in `ecluse/serving/requirements/`, with hashes."""

    server: str
    requirements: str
    guarantees: FrozenSet[str]


class NoServerError(ValueError):
    """No pinned server fits; the message says what would."""


def choose(interface: str, python: str, server: str = AUTO) -> Choice:
    """The server for `interface` (`asgi`, `wsgi`) on `python` (`X.Y`). NoServerError when there is none."""
    names = CHOICES.get(interface, ())
    if not names:
        raise NoServerError("no server for the interface %r; there are: %s" % (interface, ", ".join(sorted(CHOICES))))
    wanted = names[0] if server == AUTO else server
    if wanted not in names:
        raise NoServerError("%s doesn't serve %s; these do: %s" % (wanted, interface, ", ".join(names)))
    if not PYTHONS[0] <= _minor(python) < PYTHONS[1]:
        raise NoServerError("no server is pinned for Python %s; there are for %d.%d to %d.%d" % (python, *_range()))
    guarantees = _WRAPPED | {WEBSOCKET_1012} if interface == "asgi" else _WRAPPED
    return Choice(wanted, wanted + ".txt", frozenset(guarantees))


def _minor(python: str) -> Tuple[int, int]:
    major, minor = python.split(".")[:2]
    return int(major), int(minor)


def _range() -> Tuple[int, int, int, int]:
    (first_major, first), (last_major, last) = PYTHONS
    return first_major, first, last_major, last - 1
