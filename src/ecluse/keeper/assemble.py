"""Making a release on the host from what the content store has: tree, environment, server, links to the data.

A release is made in its own place, because environments, compiled files and the app's own build commands record where
they are. `release.json` is written last and durably: a folder without it is no release, and is made anew.
"""

import contextlib
import fcntl
import glob
import os
import platform
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional

from ecluse.keeper import bytecode, environment, pythons, records, state, trees
from ecluse.keeper.children import Children
from ecluse.keeper.durable import room
from ecluse.keeper.places import Home
from ecluse.keeper.store import Store
from ecluse.keeper.wheels import PATIENCE, Installer, failed
from ecluse.wire.archive import zipapp
from ecluse.wire.codes import STAGING_FAILED, OrderError

Document = Dict[str, Any]
Say = Callable[[str], None]
BYTECODE = "bytecode-"


def stage(
    home: str, running: Document, bundle: Document, say: Say, children: Optional[Children] = None
) -> Dict[str, Any]:
    """Assemble the release that `running` names. `{seconds, already, steps}`; K040 with the last lines of what failed.

    Blocks; call it from a thread, and `children.kill()` from any other to give up. Already there: quick.
    """
    began = time.monotonic()
    with room(home), _alone(home):
        if is_staged(home, running["release"]["id"], bundle["digest"]):
            return {"seconds": time.monotonic() - began, "already": True, "steps": {}}
        steps = _Assembly(Home(home), running, bundle, say, children or Children()).make()
    return {"seconds": time.monotonic() - began, "already": False, "steps": steps}


@contextlib.contextmanager
def _alone(home: str) -> Iterator[None]:
    """One assembly at a time: a client that lost its connection orders the same again while the first one goes on."""
    descriptor = os.open(os.path.join(home, "stage.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def is_staged(home: str, release: str, digest: str) -> bool:
    """Whether the release is complete, of that bundle, and its interpreter still there."""
    folder = Home(home).release(release)
    found = records.read(os.path.join(folder, "release.json"))
    if found is None or found["bundle"] != digest:
        return False
    return not found["python"] or os.path.exists(os.path.join(folder, "venv", "bin", "python"))


def forget(home: str, keep: Iterable[str]) -> int:
    """Remove all releases but those in `keep`, and what only they used; returns the bytes freed in the store."""
    place = Home(home)
    kept = set(keep)
    for folder in glob.glob(place.release("*")):
        if os.path.basename(folder) not in kept:
            trees.remove(folder)
    left = [records.read(path) or {} for path in glob.glob(place.release("*/release.json"))]
    bases = {name for release in left for name in release["bases"]}
    for folder in glob.glob(place.below("bases", "*")):
        if os.path.basename(folder) not in bases:
            trees.remove(folder)
        elif os.path.basename(folder).startswith(BYTECODE):
            bytecode.forget(folder)
    return Store(place.store).forget({digest for release in left for digest in release["digests"]})


class _Assembly:
    """One release in the making."""

    def __init__(self, home: Home, running: Document, bundle: Document, say: Say, children: Children) -> None:
        self._home = home
        self._running = running
        self._bundle = bundle
        self._say = say
        self._children = children
        self._folder = home.release(running["release"]["id"])
        self._tree = os.path.join(self._folder, "tree")
        self._blob = Store(home.store).path
        self._bases: List[str] = []

    def make(self) -> Dict[str, float]:
        """All of it; returns the seconds of each step."""
        steps: Dict[str, float] = {}
        house = fitting(self._bundle["wheelhouses"], self._running.get("python", ""))
        python = _python(house)
        self._verify(house)
        for name, step in (
            ("tree", self._write_tree),
            ("environment", lambda: self._install(house, python)),
            ("compile", lambda: self._compile(house)),
            ("state", self._link_state),
            ("commands", self._run_commands),
            ("finish", lambda: self._finish(house, python)),
        ):
            began = time.monotonic()
            step()
            steps[name] = round(time.monotonic() - began, 4)
        return steps

    def _verify(self, house: Optional[Document]) -> None:
        missing = Store(self._home.store).missing(digests(self._bundle, house))
        if missing:
            raise OrderError(STAGING_FAILED, "parts of the bundle aren't here", {"missing": missing})

    def _write_tree(self) -> None:
        trees.remove(self._folder)
        os.makedirs(self._tree)
        trees.write(self._tree, self._bundle["files"], self._blob)
        self._say("tree: %s" % _counted(len(self._bundle["files"]), "file"))

    def _install(self, house: Optional[Document], python: str) -> None:
        server = os.path.join(self._folder, "server")
        os.makedirs(server)
        with open(os.path.join(server, "launch"), "wb") as launch:
            launch.write(zipapp("ecluse.serving", ["ecluse.serving", "ecluse.wire"]))
        if house is None:
            return
        self._say("environment: %s with %s" % (_counted(len(house["app"]), "wheel"), python))
        installer = Installer(
            home=self._home.path,
            python=python,
            pip=house["pip"],
            blob=self._blob,
            children=self._children,
            say=self._say,
        )
        self._bases = installer.used
        with ThreadPoolExecutor(2) as pool:
            both = [
                pool.submit(installer.environment, os.path.join(self._folder, "venv"), house["app"]),
                pool.submit(installer.site, os.path.join(server, "site"), house["server"]),
            ]
        for one in both:
            one.result()

    def _link_state(self) -> None:
        os.makedirs(self._home.state, exist_ok=True)
        state.link(self._home.state, self._tree, self._running.get("state", ()))

    def _run_commands(self) -> None:
        port = int(self._running.get("port") or 0)
        places = environment.placeholders(self._home, self._running, port)
        settings = environment.build(self._home, self._running)
        for argv in self._running.get("commands", ()):
            words = [environment.fill(word, places) for word in argv]
            self._say("run: %s" % " ".join(argv))
            ended = self._children.run(words, settings, self._tree, PATIENCE, self._say)
            if ended.exit_code != 0:
                raise failed(self._folder, argv, ended.output)

    def _compile(self, house: Optional[Document]) -> None:
        if house is None:
            return
        name = BYTECODE + house["python"]
        python = os.path.join(self._folder, "venv", "bin", "python")
        settings = environment.build(self._home, self._running)
        bytecode.compile_tree(
            self._tree,
            self._bundle["files"],
            house["python"],
            self._home.below("bases", name),
            lambda words: self._children.run([python, "-I", *words], settings, self._tree, PATIENCE),
        )
        self._bases.append(name)

    def _finish(self, house: Optional[Document], python: str) -> None:
        trees.make_read_only(self._folder)
        os.chmod(self._folder, 0o700)
        about = {
            "release": self._running["release"],
            "bundle": self._bundle["digest"],
            "python": python,
            "bases": self._bases,
            "digests": digests(self._bundle, house),
            "state": list(self._running.get("state", ())),
        }
        records.write(os.path.join(self._folder, "release.json"), about)


def fitting(houses: Iterable[Document], minor: str) -> Optional[Document]:
    """The wheelhouse for this machine and Python `minor`. A bundle without any needs no Python: None."""
    houses = list(houses)
    if not houses:
        return None
    here = platform.machine()
    for house in houses:
        if house["machine"] == here and minor in ("", house["python"]):
            return house
    there = sorted("Python %s, %s, %s" % (house["python"], house["machine"], house["libc"]) for house in houses)
    message = "the bundle has no wheels for Python %s on %s" % (minor, here)
    raise OrderError(STAGING_FAILED, message, {"wheelhouses": there})


def digests(bundle: Document, house: Optional[Document]) -> List[str]:
    """Everything that is needed from the store, each once."""
    files = [file["digest"] for file in bundle["files"]]
    wheels = [wheel["digest"] for wheel in [*house["app"], *house["server"], house["pip"]]] if house else []
    return list(dict.fromkeys([*files, *wheels]))


def _python(house: Optional[Document]) -> str:
    if house is None:
        return ""
    found = pythons.find(house["python"])
    if found is None:
        message = "no Python %s on this host" % house["python"]
        raise OrderError(STAGING_FAILED, message, {"wanted": house["python"], "found": pythons.found_versions()})
    return found


def _counted(number: int, thing: str) -> str:
    return "%d %s%s" % (number, thing, "" if number == 1 else "s")
