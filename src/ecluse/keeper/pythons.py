"""The interpreters of a host, by real path: a version manager's shim decides anew at each start, a release doesn't."""

import glob
import os
import pwd
import subprocess
from functools import lru_cache
from typing import Iterable, Iterator, List, Optional, Tuple

from ecluse.keeper.environment import SYSTEM_PATH

_MANAGED = (
    ".pyenv/versions/*/bin",
    ".local/share/uv/python/*/bin",
    ".local/share/mise/installs/python/*/bin",
    ".asdf/installs/python/*/bin",
    ".rye/py/*/bin",
    "miniconda3/bin",
    ".local/bin",
)
_ELF = b"\x7fELF"
_ASK = "import sys,venv;print(sys.implementation.name,*sys.version_info[:3],sep=' ')"


def find(minor: str, path: Optional[str] = None) -> Optional[str]:
    """The real path of a CPython `minor` (`X.Y`) that can make virtual environments; None when there is none.

    The newest patch of it, as the wheels were chosen for: a requirement may depend on it. Of equal ones the first: PATH
    comes before the system's folders, those before what version managers keep below the user's home.
    """
    named = _named(minor, os.environ.get("PATH", "") if path is None else path)
    return newest((real, patch(real, minor)) for real in named if _is_program(real))


def newest(found: Iterable[Tuple[str, int]]) -> Optional[str]:
    """The first of those with the greatest number; one below 0 counts for nothing."""
    fitting = [pair for pair in found if pair[1] >= 0]
    return max(fitting, key=lambda pair: pair[1])[0] if fitting else None


def _named(minor: str, path: str) -> List[str]:
    """Each once."""
    found = (os.path.realpath(os.path.join(folder, "python" + minor)) for folder in _folders(path))
    return list(dict.fromkeys(found))


def found_versions() -> List[str]:
    """`X.Y` of everything called like a Python, for the message that none fits."""
    names = (name for folder in _folders(os.environ.get("PATH", "")) for name in glob.glob(folder + "/python3.*"))
    return sorted({name.rpartition("python")[2] for name in names if name.rpartition("python3.")[2].isdigit()})


def installed() -> List[str]:
    """`X.Y.Z` of the newest of each minor version that can make virtual environments. Starts each once; takes a
    second on a host with many."""
    minors = sorted(found_versions(), key=lambda minor: int(minor.partition(".")[2]))
    found = ((minor, find(minor)) for minor in minors)
    return ["%s.%d" % (minor, patch(path, minor)) for minor, path in found if path]


def _folders(path: str) -> Iterator[str]:
    yield from (folder for folder in path.split(":") if folder)
    yield from SYSTEM_PATH.split(":")
    home = pwd.getpwuid(os.geteuid()).pw_dir
    for pattern in _MANAGED:
        yield from sorted(glob.glob(os.path.join(home, pattern)), reverse=True)
    yield from sorted(glob.glob("/opt/python/*/bin"), reverse=True)


def _is_program(path: str) -> bool:
    """A binary, not a shim: those are scripts."""
    try:
        with open(path, "rb") as file:
            return file.read(len(_ELF)) == _ELF and os.access(path, os.X_OK)
    except OSError:
        return False


def patch(path: str, minor: str) -> int:
    """The `Z` of X.Y.Z; -1 for anything but a CPython X.Y."""
    status = os.stat(path)
    try:
        words = _said(path, status.st_mtime_ns, status.st_ino)
    except subprocess.CalledProcessError:
        return -1
    return int(words[3]) if words[:3] == ("cpython", *minor.split(".")) else -1


@lru_cache(maxsize=64)
def _said(path: str, _changed: int, _inode: int) -> Tuple[str, ...]:
    """Asked once until its file is another: starting it was most of what staging one changed file took. One that
    can't answer is asked again: Debian has `venv` in a package of its own, which may be installed any time."""
    said = subprocess.check_output([path, "-I", "-c", _ASK], stderr=subprocess.DEVNULL)
    return tuple(said.decode("utf-8", "replace").split())
