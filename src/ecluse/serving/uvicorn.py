"""uvicorn, the fallback for ASGI."""

import signal
import socket

import uvicorn

from ecluse.serving.job import BACKLOG, Job


def serve(job: Job) -> int:
    """Blocks. `X-Forwarded-*` are not believed here, as with granian: the app decides whom it trusts."""
    # uvicorn raises SIGTERM again when it is done; with a handler there, the interpreter ends in good order.
    signal.signal(signal.SIGTERM, _ignore)
    config = uvicorn.Config(
        job.app,
        factory=True,
        access_log=False,
        log_level="warning",
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_keep_alive=max(1, round(job.keep_alive)),
    )
    listening = socket.socket(fileno=job.fd)
    server = uvicorn.Server(config)
    server.run(sockets=[listening])
    return 0 if server.started else 1


def _ignore(*_: object) -> None:
    """Only there to be called."""
