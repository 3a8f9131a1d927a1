"""What a process of the app sees: its environment and its words, built from what is running. Pure."""

import os
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence

from ecluse.keeper.places import Home
from ecluse.wire import services

SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"

Running = Mapping[str, Any]
Process = Mapping[str, Any]


def placeholders(home: Home, running: Running, port: int) -> Dict[str, str]:
    folder = home.release(running["release"]["id"])
    return {
        "{state}": home.state,
        "{release}": folder,
        "{tree}": os.path.join(folder, "tree"),
        "{venv}": os.path.join(folder, "venv"),
        "{port}": str(port),
    }


def fill(text: str, values: Mapping[str, str]) -> str:
    """Only the known names are replaced: `{}` and JSON in an argument stay as they are."""
    for name, value in values.items():
        text = text.replace(name, value)
    return text


def build(
    home: Home, running: Running, *, slot: str = "", process: Optional[Process] = None, port: int = 0
) -> Dict[str, str]:
    """The whole environment of a process, or of a one-off command when there is no `process`."""
    release = running["release"]
    venv = os.path.join(home.release(release["id"]), "venv")
    public = port or int(running.get("port") or 0)
    own = {
        "PATH": os.path.join(venv, "bin") + ":" + SYSTEM_PATH,
        "HOME": home.private,
        "LANG": "C.UTF-8",
        "VIRTUAL_ENV": venv,
        "PYTHONUNBUFFERED": "1",
        "PORT": str(public),
        "HOST": "127.0.0.1" if port else str(running.get("address") or "127.0.0.1"),
        "ECLUSE_RELEASE": release["id"],
        "ECLUSE_VERSION": release["version"],
        "ECLUSE_COMMIT": release["commit"],
        "ECLUSE_ENVIRONMENT": running["environment"],
        "ECLUSE_APP": running["app"],
        "ECLUSE_SLOT": slot,
        "ECLUSE_PAGE": home.page(slot) if slot else "",
        "ECLUSE_STATE": home.state,
    }
    values = placeholders(home, running, public)
    for settings in (running.get("env") or {}, (process or {}).get("env") or {}):
        own.update({name: fill(value, values) for name, value in settings.items()})
    own.update(running.get("secrets") or {})
    own.update(services.variables(running.get("services") or (), running.get("addresses") or {}))
    return own


def command(home: Home, running: Running, process: Process, port: int, slot: str) -> List[str]:
    """The words that start `process`: its own, or those of the launcher in front of an ASGI or WSGI app."""
    if process["interface"] == "command":
        values = placeholders(home, running, port or int(running.get("port") or 0))
        return [fill(word, values) for word in process["command"]]
    return _launcher(home, running, process, slot)


def _launcher(home: Home, running: Running, process: Process, slot: str) -> List[str]:
    folder = home.release(running["release"]["id"])
    words = [
        os.path.join(folder, "venv", "bin", "python"),
        os.path.join(folder, "server", "launch"),
        *("--app", process["app"], "--interface", process["interface"], "--server", process["server"]),
        *("--fd", "3", "--page", home.page(slot), "--workers", str(process.get("count") or 1)),
        *_threads(process.get("threads")),
        *("--keep-alive", _seconds(process.get("keep_alive", 5))),
        *("--drain", _seconds(process.get("drain", 30))),
        *("--version", running["release"]["version"]),
        *_static(folder, running, process),
    ]
    return [*words, "--stamp"] if running.get("stamp") else words


def _threads(threads: Optional[int]) -> Sequence[str]:
    return ("--threads", str(threads)) if threads else ()


def _static(folder: str, running: Running, process: Process) -> Iterator[str]:
    """The files that are served. State below such a folder is a mount of its own: a link leads to it, out of the tree,
    and the server follows none of those."""
    mounts = dict(process.get("static") or {})
    for prefix, path in tuple(mounts.items()):
        top = os.path.normpath(path) + "/"
        kept = [data for data in running.get("state") or () if data.endswith("/") and data.startswith(top)]
        mounts.update({prefix + data[len(top) :]: data for data in kept if prefix.endswith("/") and data != top})
    for prefix, path in mounts.items():
        yield from ("--static", "%s=%s" % (prefix, os.path.normpath(os.path.join(folder, "tree", path))))


def _seconds(value: float) -> str:
    return "%g" % value


def folder(home: Home, running: Running, process: Optional[Process] = None) -> str:
    """Where a process or a one-off command works."""
    tree = os.path.join(home.release(running["release"]["id"]), "tree")
    return os.path.normpath(os.path.join(tree, (process or {}).get("folder") or "."))
