"""What is different from one kind of service to the next, as data and small functions."""

import os
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Sequence

DATA = 9
"""The data folder's descriptor. The account that a service runs under may not be let through to the folder by its
path (`/root` is closed to others), but may open what it owns by way of this."""
HERE = "/proc/self/fd/%d" % DATA

Address = Mapping[str, Any]


class Task(NamedTuple):
    """A program that prepares the data folder, run to its end; `given` is its standard input."""

    words: Sequence[str]
    given: str = ""


class Kind(NamedTuple):
    """`prepare`: what makes the data folder of an empty one, once; `settle`: files to write at each start; `serve`: the
    server, in the foreground; `ready`: whether it answers now (a quick question; OSError counts as no); `shell`: a
    client for a person, and what it finds in its environment."""

    name: str
    user: str
    database: str
    stop_signal: str
    prepare: Callable[[str, Address], List[Task]]
    settle: Callable[[Address], Dict[str, str]]
    serve: Callable[[str, Address], List[str]]
    ready: Callable[[Address], bool]
    shell: Callable[[str, Address], "Shell"]
    follows_links: bool = False
    """It asks the system what `HERE` leads to and works with that path, which its account must be let through to."""


class Shell(NamedTuple):
    words: Sequence[str]
    environment: Mapping[str, str]


def program(folder: str, *names: str) -> str:
    """The first of these programs that is there, or where one installation puts clients and servers apart; the first
    name where none is."""
    beside = [os.path.normpath(os.path.join(folder, "..", place)) for place in ("bin", "sbin")]
    paths = [os.path.join(place, name) for place in (folder, *beside) for name in names]
    return next((path for path in paths if os.path.exists(path)), paths[0])
