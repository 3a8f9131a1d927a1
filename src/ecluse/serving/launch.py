"""The launcher: prepares the process as the app expects to find it, then serves the app."""

import importlib
import os
import stat
import sys
import traceback
from typing import Any, Sequence

from ecluse.serving import loading, options, servers
from ecluse.serving.crew import APP_FAILED, Crew
from ecluse.serving.job import Job
from ecluse.serving.lanes import Lanes
from ecluse.serving.mark import Mark
from ecluse.serving.options import Options
from ecluse.wire.page import Page

USAGE = 2
_OTHER_SOCKET = 4


def main(arguments: Sequence[str]) -> int:
    """The exit status: 0 stopped in order, 2 wrong call, 3 the app can't be loaded, else a worker's."""
    chosen = options.parse(arguments)
    try:
        server = servers.choose(chosen.interface, "%d.%d" % sys.version_info[:2], chosen.server).server
        _hold_sockets(chosen.fd)
        page = Page(chosen.page)
    except (servers.NoServerError, OSError, ValueError) as error:
        sys.stderr.write("ecluse: can't serve %s: %s\n" % (chosen.app, error))
        return USAGE
    _set_paths(chosen)
    for needed in (chosen.interface, *(("static",) if chosen.static else ())):
        _part(needed)  # before the fork, so that the workers share it
    return Crew(lambda: _work(chosen, server), chosen.drain, lambda: _count(page)).run(chosen.workers)


def _count(page: Page) -> None:
    page.renewed += 1


def _part(name: str) -> Any:
    """Of ours only what this call needs: each import is waited for at every start."""
    return importlib.import_module("ecluse.serving." + name)


def _work(chosen: Options, server: str) -> int:
    """One worker, in its own process."""
    serve, wrap = _part(server).serve, _part(chosen.interface).wrap
    mount = _part("static").mount if chosen.static else _as_it_is
    lanes = Lanes(chosen.page)
    _leave_the_stage()
    mark = Mark(lanes, chosen.version, chosen.stamp)
    job = Job(
        app=lambda: wrap(_app(chosen, mount), mark),
        load=lambda: _app(chosen, mount),
        mark=mark,
        interface=chosen.interface,
        fd=os.dup(chosen.fd),
        threads=chosen.threads,
        keep_alive=chosen.keep_alive,
        drain=chosen.drain,
        lame=lanes.lame,
    )
    return int(serve(job))


def _as_it_is(app: Any, _interface: str, _mounts: Any) -> Any:
    return app


def _app(chosen: Options, mount: Any) -> Any:
    try:
        return mount(loading.load(chosen.app), chosen.interface, chosen.static)
    except (Exception, SystemExit):  # noqa: BLE001 an import runs anything
        traceback.print_exc()
        sys.stderr.write("ecluse: can't load %s\n" % chosen.app)
        sys.exit(APP_FAILED)


def _hold_sockets(fd: int) -> None:
    """Ours and the other slot's stay open for the keeper that may come to fetch them; what the app starts gets none."""
    if not stat.S_ISSOCK(os.fstat(fd).st_mode):
        raise ValueError("descriptor %d is no socket" % fd)
    for descriptor in (fd, _OTHER_SOCKET):
        try:
            os.set_inheritable(descriptor, False)
        except OSError:
            continue  # there is no other slot's socket
    for name in ("LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"):
        os.environ.pop(name, None)


def _set_paths(chosen: Options) -> None:
    """The app's folder first, as `python -m` has it; the server's packages last, so that the app's own win."""
    archive = str(getattr(globals().get("__loader__"), "archive", ""))
    sys.argv = [sys.argv[0]]
    sys.path[:] = [os.getcwd(), *(path for path in sys.path if path not in ("", archive, os.getcwd()))]
    site = chosen.site or os.path.join(os.path.dirname(archive), "site")
    if os.path.isdir(site):
        sys.path.append(site)


def _leave_the_stage() -> None:
    """The app may depend on a package `ecluse` of its own environment: ours, a part of it, mustn't stand in its way."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "ecluse"]:
        del sys.modules[name]
