"""A release's virtual environment: made by `venv` and by pip from its own wheel, without a network.

What releases share (the wheels that weren't built from the app's own sources) is installed once into a *base*, kept
under the hash of what is in it; a release's environment is a clone of it by hard links plus the wheels that are its
own. So a release that changed only its code costs no run of pip.
"""

import contextlib
import hashlib
import json
import os
import shutil
import zipfile
from typing import Any, Callable, Dict, Iterator, List, Sequence

from ecluse.keeper import trees
from ecluse.keeper.children import Children
from ecluse.keeper.environment import SYSTEM_PATH
from ecluse.wire.codes import DISK_FULL, STAGING_FAILED, OrderError

Wheel = Dict[str, Any]
PATIENCE = 600.0
_NO_ROOM = 4 * 1024 * 1024
"""With fewer bytes free than this a failed installation is a full disk."""
_PIP = (
    "install",
    "--isolated",
    "--quiet",
    "--no-index",
    "--no-deps",
    "--no-cache-dir",
    "--no-input",
    "--root-user-action=ignore",
)


class Installer:
    """Installs wheels of one wheelhouse below `home`. `blob` gives the path of a digest in the content store."""

    def __init__(
        self,
        *,
        home: str,
        python: str,
        pip: Wheel,
        blob: Callable[[str], str],
        children: Children,
        say: Callable[[str], None],
    ) -> None:
        self._bases = os.path.join(home, "bases")
        self._state = os.path.join(home, "state")
        self._python = python
        self._blob = blob
        self._children = children
        self._say = say
        self.used: List[str] = []
        """The names of the bases that were needed; they are kept as long as a release that was made from them."""
        os.makedirs(self._bases, exist_ok=True)
        self._pip = self._unpack(pip)

    def environment(self, folder: str, wheels: Sequence[Wheel]) -> None:
        """A virtual environment in `folder`."""
        own = [wheel for wheel in wheels if wheel["built"]]
        shared = [wheel for wheel in wheels if not wheel["built"]]
        name = "venv-" + self._key(shared)
        base = self._base(name, lambda fresh: self._make(fresh, shared))
        _clone_environment(base, folder)
        if own:
            self._install(_python_of(folder), own)

    def site(self, folder: str, wheels: Sequence[Wheel]) -> None:
        """The server's packages in `folder`, a plain one."""
        name = "site-" + self._key(wheels)
        trees.clone(self._base(name, lambda fresh: self._make_site(fresh, wheels)), folder)

    def _key(self, wheels: Sequence[Wheel]) -> str:
        named = json.dumps([self._python, sorted(wheel["digest"] for wheel in wheels)])
        return hashlib.sha256(named.encode()).hexdigest()[:16]

    def _unpack(self, pip: Wheel) -> str:
        """pip runs from its wheel as it is, too, but compiles itself anew each time: 0.6 s more (measured). It stays
        writable, for its bytecode."""
        name = "pip-" + pip["digest"].rpartition(":")[2][:16]
        folder = os.path.join(self._bases, name)
        self.used.append(name)
        if not os.path.isdir(folder):
            fresh = folder + ".partial"
            trees.remove(fresh)
            with zipfile.ZipFile(self._blob(pip["digest"])) as wheel:
                wheel.extractall(fresh)
            os.rename(fresh, folder)
        return folder

    def _base(self, name: str, make: Callable[[str], None]) -> str:
        """The folder of a base, made where it isn't there; one that a crash cut short has another name."""
        folder = os.path.join(self._bases, name)
        self.used.append(name)
        if not os.path.isdir(folder):
            fresh = folder + ".partial"
            trees.remove(fresh)
            make(fresh)
            trees.make_read_only(fresh)
            os.chmod(fresh, 0o700)
            os.rename(fresh, folder)
        return folder

    def _make(self, folder: str, wheels: Sequence[Wheel]) -> None:
        self._run([self._python, "-I", "-m", "venv", "--without-pip", folder])
        self._install(_python_of(folder), wheels)

    def _make_site(self, folder: str, wheels: Sequence[Wheel]) -> None:
        os.makedirs(folder)
        self._install(self._python, wheels, "--target", folder)

    def _install(self, python: str, wheels: Sequence[Wheel], *more: str) -> None:
        if wheels:
            with self._house(wheels) as paths:
                self._run([python, "-I", os.path.join(self._pip, "pip"), *_PIP, *more, *paths])

    @contextlib.contextmanager
    def _house(self, wheels: Sequence[Wheel]) -> Iterator[List[str]]:
        """The wheels under the names that pip reads their tags from."""
        folder = os.path.join(self._bases, "wheels-%s.partial" % self._key(wheels))
        trees.remove(folder)
        os.makedirs(folder)
        paths = [trees.inside(folder, wheel["name"]) for wheel in wheels]
        for wheel, path in zip(wheels, paths):
            os.symlink(self._blob(wheel["digest"]), path)
        try:
            yield paths
        finally:
            shutil.rmtree(folder)

    def _run(self, words: List[str]) -> None:
        settings = {
            "PATH": SYSTEM_PATH,
            "LANG": "C.UTF-8",
            "HOME": self._bases,
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            # By this the next keeper finds and ends what goes on after ours was killed.
            "ECLUSE_STATE": self._state,
        }
        ended = self._children.run(words, settings, self._bases, PATIENCE, self._say)
        if ended.exit_code != 0:
            raise failed(self._bases, words, ended.output)


def _python_of(environment: str) -> str:
    return os.path.join(environment, "bin", "python")


def failed(folder: str, words: Sequence[str], output: str) -> OrderError:
    """Why a command of staging failed, told by its last lines."""
    evidence = {"command": list(words), "output": output.splitlines()[-20:]}
    free = shutil.disk_usage(folder).free
    if free < _NO_ROOM:
        return OrderError(DISK_FULL, "no space left on the disk of %s" % folder, {**evidence, "free_bytes": free})
    return OrderError(STAGING_FAILED, "a command failed while the release was assembled", evidence)


def _clone_environment(base: str, folder: str) -> None:
    """A virtual environment knows its own path: in the scripts' first lines, and in what activates it."""
    trees.clone(base, folder)
    for path, _, _ in os.walk(folder):
        os.chmod(path, 0o700)
    for entry in [*os.scandir(os.path.join(folder, "bin")), *os.scandir(folder)]:
        if entry.is_file(follow_symlinks=False):
            _move_script(entry.path, base.encode(), folder.encode())


def _move_script(path: str, base: bytes, folder: bytes) -> None:
    with open(path, "rb") as file:
        text = file.read()
    mode = os.stat(path).st_mode & 0o555
    os.unlink(path)
    with open(path, "wb") as file:
        file.write(text.replace(base + b".partial", folder).replace(base, folder))
    os.chmod(path, mode)
