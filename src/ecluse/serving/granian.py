"""granian, in the process that the crew forked, on the socket that the keeper opened."""

from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.net import SocketHolder  # type: ignore[attr-defined]
from granian.server import mp

from ecluse.serving.bodies import ending_in_time
from ecluse.serving.granian_wsgi import exchange
from ecluse.serving.job import BACKLOG, Job

CONNECTIONS = 16384
"""Of one worker at once, idle ones included; granian stops accepting beyond its `backpressure`."""


def serve(job: Job) -> int:
    """Blocks. HTTP/1 only: `Connection: close` means nothing to HTTP/2, and TLS ends at the front proxy anyway."""
    wsgi = job.interface == "wsgi"
    server = _InProcess(
        target=job.interface,
        interface=Interfaces(job.interface),
        workers=1,
        blocking_threads=job.threads if wsgi else 1,
        backpressure=CONNECTIONS,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(
            # It runs between two requests too, so it is the idle time-out.
            header_read_timeout=max(1, int(job.keep_alive * 1000)),
            keep_alive=job.keep_alive > 0,
        ),
        websockets=not wsgi,
        log_level=LogLevels.error,
    )
    server.fd = job.fd
    if wsgi:
        mp._wsgi_call_wrap = lambda app, *_: exchange(app, job.mark)  # type: ignore[attr-defined]
    server.serve(target_loader=job.load if wsgi else (lambda: ending_in_time(job.app())), wrap_loader=False)
    return 0


class _InProcess(mp.MPServer):
    """granian's own preparation, then its worker's code here instead of in one more process.

    The names with an underscore are granian's, private, and so the pinned version's; a test guards them.
    """

    fd = 3

    def _init_shared_socket(self) -> None:
        self._ssp: Any = None
        self._sso: Any = None
        self._shd: Any = SocketHolder(self.fd, False, BACKLOG)  # type: ignore[call-arg]

    def _serve(self, spawn_target: Any, target_loader: Any) -> None:
        self._init_shared_socket()
        self._ipc: Any = {0: (None, None)}
        self._spawn_worker(0, spawn_target, target_loader).inner.run()
