"""`make adopt-real`: how many applications, that nobody prepared, `init --yes` and `ship` serve; and in how many minutes.

Each is put into a git repository as it lies. Where it keeps something, a row and an upload go in, and are looked for
again after a second ship and a rollback. Names on the command line choose; one that isn't listed is an sdist of the
package index. `--json` prints the rows of the table as a document.
"""

import json
import re
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import real_apps
import uses
from adopting import Failed, ecluse, say, stop

SECONDS_TO_REFUSE = 20


@dataclass(frozen=True)
class App:
    what: str
    page: str = ""
    """Empty: the one that `init` chose for its health."""
    use: uses.Use | None = None
    refused: str = ""
    """The Problem that it must end in, where nobody could serve it."""


APPS = {
    "httpbin": App("Flask application of an sdist", page="/get"),
    "datasette": App("ASGI application of an sdist", page="/-/versions.json"),
    "pypiserver": App("Bottle application of an sdist", "/simple/", uses.PYPISERVER),
    "radicale": App("WSGI, console script, configuration file", page="/.web/"),
    "wagtail": App("what `wagtail start` writes", "/", uses.WAGTAIL),
    "huey-sqlite": App("Bottle, Huey worker, Procfile", "/notes", uses.COUNTED),
    "celery-redis": App("Flask, Celery worker, Redis, compose file", "/notes", uses.NOTES),
    "litestar": App("Litestar, src layout, SQLAlchemy", "/notes", uses.NOTES),
    "quart": App("Quart, Poetry, tables made by a script", "/notes", uses.NOTES),
    "aiohttp": App("aiohttp, console script, configuration file", "/notes", uses.NOTES),
    "streamlit": App("Streamlit, two pages", "/", uses.STREAMLIT),
    "flask-postgres": App("Flask, PostgreSQL, Flask-Migrate", "/notes", uses.NOTES),
    "fastapi-postgres": App("FastAPI, PostgreSQL, Alembic, in a folder", "/notes", uses.NOTES),
    real_apps.OLD: App("Starlette, needs Python 3.12", "/notes", uses.NOTES),
    real_apps.TOO_NEW: App("Starlette, needs a Python that nobody has", refused="B001"),
}


@dataclass
class Row:
    """How one application fared. `minutes` are of the whole commands, as a person waits for them."""

    name: str
    version: str = ""
    what: str = ""
    outcome: str = ""
    is_right: bool = False
    minutes: dict[str, float] = field(default_factory=dict)

    def timed(self, key: str, work: Callable[[], object]):
        say(key, "")
        began = time.monotonic()
        try:
            return work()
        finally:
            self.minutes[key] = round((time.monotonic() - began) / 60, 2)


def main(words):
    names = [word for word in words if word != "--json"] or list(APPS)
    with tempfile.TemporaryDirectory(prefix="ecluse-adopt-") as place:
        rows = [adopt(name, Path(place) / name) for name in names]
    if "--json" in words:
        print(json.dumps([asdict(row) for row in rows], indent=2))
    else:
        print(table(rows))
    return 0 if all(row.is_right for row in rows) else 1


def adopt(name, folder):
    """What became of it; whatever that is, nothing of it runs on."""
    app = APPS.get(name, App("sdist"))
    row = Row(name=name, what=app.what)
    say(name, "")
    try:
        real_apps.make(name, folder)
        row.version = version_of(folder)
        if app.refused:
            refuse(app, folder, row)
        else:
            serve(app, folder, row)
    except (Failed, uses.LostError, subprocess.CalledProcessError, OSError) as error:
        row.outcome = row.outcome or line_of(error)
        say("failed", str(error))
    finally:
        if folder.exists():
            stop(folder)
    say("", row.outcome)
    return row


def serve(app, folder, row):
    """From nothing to a second release and back, with what it keeps."""
    said = row.timed("init", lambda: ecluse(folder, "init", "--yes"))
    page, statuses = page_of(app, said["manifest"])
    real_apps.commit(folder, "Add ecluse.toml")
    url = row.timed("ship", lambda: ecluse(folder, "ship"))["url"]
    running = uses.Running(folder, url)
    running.get(page, statuses)
    if app.use:
        app.use.put(running)
        app.use.look(running)
    (folder / "CHANGES").write_text("changed\n")
    real_apps.commit(folder, "feat: change something")
    row.timed("second", lambda: ecluse(folder, "ship"))
    for what in ("the second ship", "the rollback"):
        if what == "the rollback":
            row.timed("back", lambda: ecluse(folder, "rollback"))
        running.get(page, statuses)
        if app.use:
            app.use.look(running, after=what)
    row.outcome, row.is_right = "served", True


def page_of(app, manifest):
    """The page to ask for, and how it may answer."""
    health = tomllib.loads(manifest)["processes"]["web"]["health"]
    return (app.page, (200,)) if app.page else (health["path"], tuple(health.get("status", (200,))))


def refuse(app, folder, row):
    """One Problem within seconds, and nothing left behind."""
    try:
        row.timed("init", lambda: ecluse(folder, "init", "--yes"))
    except Failed as error:
        row.outcome = line_of(error)
        codes = [problem["code"] for problem in error.problems]
        is_quick = row.minutes["init"] * 60 <= SECONDS_TO_REFUSE
        row.is_right = codes == [app.refused] and is_quick and left_in(folder) == ""
        if left := left_in(folder):
            say("left", left)


def left_in(folder):
    return real_apps.output("git", "status", "--porcelain", "--ignored", cwd=folder)


def line_of(error):
    """The code and the line of a Problem; of anything else its last words."""
    for problem in getattr(error, "problems", ()):
        return f"{problem['code']} {problem['what']}"
    return str(error).strip().splitlines()[-1] if str(error).strip() else type(error).__name__


def version_of(folder):
    for name, pattern in (("PKG-INFO", r"(?m)^Version: (\S+)"), ("requirements.txt", r"(?im)^wagtail\S*?([\d.]+)")):
        path = folder / name
        if path.exists() and (found := re.search(pattern, path.read_text())):
            return found.group(1)
    return ""


def table(rows):
    """One line each, and the share at the end."""
    head = ("application", "version", "what it is", "init", "ship", "second", "outcome")
    lines = [head, *(cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head) - 1)]
    told = ["  ".join([*map(str.ljust, line, widths), line[-1]]) for line in lines]
    wanted = [row for row in rows if not APPS.get(row.name, App("")).refused]
    served = [row for row in wanted if row.is_right]
    refused = [row for row in rows if row not in wanted]
    told.append(f"served, nothing edited: {len(served)} of {len(wanted)}")
    if refused:
        told.append(f"refused as they should be: {sum(row.is_right for row in refused)} of {len(refused)}")
    return "\n".join(told)


def cells(row):
    spent = [f"{row.minutes[key]:.1f}" if key in row.minutes else "" for key in ("init", "ship", "second")]
    return (row.name, row.version, row.what, *spent, row.outcome)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
