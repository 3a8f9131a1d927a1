"""`[processes.NAME]`: the named commands of the app."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, Strict

from ecluse.manifest.schema.key import Table, key, section
from ecluse.manifest.schema.shapes import Entry, Host, Signal, UrlPath
from ecluse.manifest.schema.types import ZERO, Command, Duration, Folders, Inside, Settings, Size, Truth, Whole
from ecluse.model import app as model
from ecluse.model.ids import ProcessName

_DEFAULT = model.Process(name=ProcessName("web"))
_HEALTH = model.Health(path="/")

Status = Annotated[int, Field(ge=100, le=599)]


class HealthTable(Table):
    """The question that decides whether a release may get traffic. It is asked of the new slot in private."""

    path: UrlPath = key("Path (and query) to ask with GET.", example="/health")
    host: Host = key(
        "Host header of the question, for apps that check it.", example="example.com", default=_HEALTH.host
    )
    status: list[Status] = key(
        "Status codes that count as healthy.", example=[200, 204], default=list(_HEALTH.status), min_length=1
    )
    body: str = key(
        "Text that the answer must contain; `{version}` and `{commit}` stand for those of the release.",
        example='"version": "{version}"',
        default=_HEALTH.body,
    )
    successes: Whole = key("Good answers needed in a row.", example=5, default=_HEALTH.successes, ge=1, le=1000)
    interval: Duration = key("Time between two questions.", example="500ms", default=_HEALTH.interval, gt=ZERO)
    timeout: Duration = key(
        "Time in which the release must have turned healthy, its start included.",
        example="1m",
        default=_HEALTH.timeout,
        gt=ZERO,
    )
    patience: Duration = key("Time that one answer may take.", example="2s", default=_HEALTH.patience, gt=ZERO)


class LimitsTable(Table):
    """Resource limits of each worker process (setrlimit(2))."""

    memory: Size | None = key(
        "Address space of one worker; none: the system's limit.", example="512M", default=None, ge=1024 * 1024
    )
    open_files: Whole | None = key(
        "Open files of one worker; none: the system's limit.", example=4096, default=None, ge=16
    )


class ProcessTable(Table):
    """A named command of the app. One with `interface` or `listen` gets traffic; there is at most one of those."""

    app: Entry | None = key(
        "The ASGI or WSGI app that Écluse serves: package.module:attribute, with () behind a factory.",
        example="shop.wsgi:application",
        default=None,
    )
    interface: Annotated[model.Interface, Strict(False)] = key(
        "How `app` is called: asgi or wsgi. A process with a `command` has `command`.",
        example="wsgi",
        default=_DEFAULT.interface,
    )
    server: Annotated[model.Server, Strict(False)] = key(
        "The server that runs `app`; auto chooses the fastest that keeps every promise.",
        example="gunicorn",
        default=_DEFAULT.server,
    )
    command: Command = key(
        "What to run when there is no `app`: a list is run as it is; text is split into words, or run by "
        "/bin/sh -euc if it holds shell characters.",
        example=["celery", "-A", "shop", "worker"],
        default=_DEFAULT.command,
    )
    listen: Annotated[model.Listen, Strict(False)] | None = key(
        "Makes a `command` a web server. fd: it takes descriptor 3 (sd_listen_fds(3)). port: it listens on $PORT of "
        "127.0.0.1, and a relay stands in front.",
        example="port",
        default=_DEFAULT.listen,
    )
    count: Whole = key("Worker processes.", example=4, default=_DEFAULT.count, ge=1, le=512)
    threads: Whole | None = key(
        "Threads of each worker of a WSGI app; none: 8.", example=16, default=_DEFAULT.threads, ge=1, le=1024
    )
    folder: Inside = key("Working folder, below the repository's root.", example="backend", default=_DEFAULT.folder)
    static: Folders = key(
        "URL prefixes, and the folders whose files Écluse serves there without asking the app, which is asked for all "
        "else. A prefix without a slash at its end is one file.",
        example={"/static/": "staticfiles/", "/media/": "media/"},
        default_factory=dict,
    )
    stop_signal: Signal = key("Signal that asks the process to end.", example="INT", default=_DEFAULT.stop_signal)
    drain: Duration = key(
        "Time for work in flight after that signal, before SIGKILL.", example="1m", default=_DEFAULT.drain
    )
    keep_alive: Duration = key(
        "Time after which the server closes an idle connection; shorter than `drain`.",
        example="10s",
        default=_DEFAULT.keep_alive,
        gt=ZERO,
    )
    env: Settings = key(
        "Settings of this process, over those of [app] and of the environment.",
        example={"DJANGO_SETTINGS_MODULE": "shop.settings"},
        default_factory=dict,
    )
    enabled: Truth = key("Whether the process is started.", example=False, default=_DEFAULT.enabled)
    why_off: str = key("Why it isn't started; `status` shows it.", example="needs Redis", default=_DEFAULT.why_off)
    health: HealthTable | None = section(default=None)
    limits: LimitsTable = section(default_factory=LimitsTable)
