"""gunicorn's threaded worker, the fallback for WSGI, without gunicorn's own parent process."""

import os
import socket
from typing import Any

from gunicorn.config import Config  # type: ignore[import-untyped]
from gunicorn.glogging import Logger  # type: ignore[import-untyped]
from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

from ecluse.serving.job import Job

CONNECTIONS = 1000


def serve(job: Job) -> int:
    """Blocks."""
    config = Config()
    for name, value in _settings(job).items():
        config.set(name, value)
    listening = socket.socket(fileno=job.fd)
    worker = _Worker(1, os.getppid(), [listening], _App(job), 0, config, Logger(config))
    worker.lame = job.lame
    worker.init_process()
    return 0


def _settings(job: Job) -> "dict[str, Any]":
    return {
        "threads": job.threads,
        "worker_connections": CONNECTIONS + job.threads,
        "keepalive": max(0, round(job.keep_alive)),
        "graceful_timeout": max(1, round(job.drain)),
        "loglevel": "warning",
    }


class _App:
    """What gunicorn's worker asks for the app."""

    def __init__(self, job: Job) -> None:
        self._job = job

    def wsgi(self) -> Any:
        return self._job.app()


class _Worker(ThreadWorker):  # type: ignore[misc]
    """gunicorn drops a `Connection` header of the app; it adds its own to what it is told to close."""

    lame: Any

    def handle_request(self, req: Any, conn: Any) -> Any:
        if self.lame():
            req.force_close()
        return super().handle_request(req, conn)
