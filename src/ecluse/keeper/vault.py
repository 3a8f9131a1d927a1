"""The secrets of staged releases: one file that only its owner reads, in memory (tmpfs) where there is such a place."""

import contextlib
import hashlib
import os
import stat
from typing import Dict, Iterable, Mapping

from ecluse.keeper import records
from ecluse.keeper.places import Home

_PLACES = ("/run/user/%d", "/dev/shm")  # noqa: S108 a folder of our own is made there, and checked


class Vault:
    """Secrets by release. A keeper that starts again needs them to start a worker again."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._path = os.path.join(_folder(home), "secrets")
        if self._path != home.secrets:
            _link(self._path, home.secrets)
        self._held: Dict[str, Dict[str, str]] = dict(records.read(self._path) or {})

    def of(self, release: str) -> Dict[str, str]:
        return dict(self._held.get(release, {}))

    def put(self, release: str, secrets: Mapping[str, str]) -> None:
        if self._held.get(release) != dict(secrets):
            self._held[release] = dict(secrets)
            self._write()

    def keep(self, releases: Iterable[str]) -> None:
        """Forget the secrets of all others."""
        self._held = {release: self._held[release] for release in releases if release in self._held}
        self._write()

    def rewrite(self) -> None:
        """The file, and the name in the home that leads to it."""
        if self._path != self._home.secrets:
            _link(self._path, self._home.secrets)
        self._write()

    def _write(self) -> None:
        """Somebody may have cleaned up what lies in memory."""
        os.makedirs(os.path.dirname(self._path), mode=0o700, exist_ok=True)
        records.write(self._path, self._held, durable=False)

    def remove(self) -> None:
        """Nothing of the environment runs any more: what starts next brings its secrets with it."""
        for path in (self._path, self._home.secrets):
            records.remove(path)
        if os.path.dirname(self._path) != self._home.path:
            with contextlib.suppress(OSError):
                os.rmdir(os.path.dirname(self._path))


def _folder(home: Home, places: Iterable[str] = _PLACES) -> str:
    """A folder of this environment in memory; the environment's own where the system has no such place."""
    name = "ecluse-%d-%s" % (os.geteuid(), hashlib.sha256(home.path.encode()).hexdigest()[:16])
    for place in places:
        parent = place % os.geteuid() if "%" in place else place
        path = os.path.join(parent, name)
        try:
            os.mkdir(path, 0o700)
        except FileExistsError:
            pass
        except OSError:
            continue
        if _is_ours(path):
            return path
    return home.path


def _is_ours(path: str) -> bool:
    """Anyone may make folders in /dev/shm: a link, or one of somebody else, is not used."""
    seen = os.lstat(path)
    return stat.S_ISDIR(seen.st_mode) and seen.st_uid == os.geteuid() and stat.S_IMODE(seen.st_mode) == 0o700  # noqa: PLR2004


def _link(target: str, name: str) -> None:
    if not os.path.islink(name) or os.readlink(name) != target:
        records.remove(name)
        os.symlink(target, name)
