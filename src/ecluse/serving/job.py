"""What each server's file is handed: the one shape of `serve(job)`."""

from typing import Any, Callable, NamedTuple

from ecluse.serving.mark import Mark

BACKLOG = 1024
"""The keeper listens already; servers that listen again keep its queue."""


class Job(NamedTuple):
    """Serve until SIGTERM, then finish what is under way. Times in seconds.

    `app` loads and wraps the app, `load` only loads it, for a server that marks and counts in its own way. Call one of
    them, once, when the event loop that will run the app exists, because an asyncio primitive of Python 3.9 made at
    import belongs to the loop of that moment. Both exit the process on failure.
    `fd` is a copy of the listening socket: the server may close it. `lame` is for servers that need to be told.
    """

    app: Callable[[], Any]
    load: Callable[[], Any]
    mark: Mark
    interface: str
    fd: int
    threads: int
    keep_alive: float
    drain: float
    lame: Callable[[], bool]
