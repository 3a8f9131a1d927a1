"""The interpreters of a host, by real path: a version manager's shim decides anew at each start, a release doesn't."""

import glob
import os
import pwd
import subprocess
from typing import Iterator, List, Optional

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
_ASK = "import sys,venv;print(sys.implementation.name,*sys.version_info[:2],sep=' ')"


def find(minor: str, path: Optional[str] = None) -> Optional[str]:
    """The real path of a CPython `minor` (`X.Y`) that can make virtual environments; None when there is none.

    PATH comes first, then the system's folders, then those of version managers below the user's home.
    """
    seen = set()
    for folder in _folders(os.environ.get("PATH", "") if path is None else path):
        real = os.path.realpath(os.path.join(folder, "python" + minor))
        if real not in seen and _is_program(real) and _answers(real, minor):
            return real
        seen.add(real)
    return None


def found_versions() -> List[str]:
    """`X.Y` of everything called like a Python, for the message that none fits."""
    names = (name for folder in _folders(os.environ.get("PATH", "")) for name in glob.glob(folder + "/python3.*"))
    return sorted({name.rpartition("python")[2] for name in names if name.rpartition("python3.")[2].isdigit()})


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


def _answers(path: str, minor: str) -> bool:
    asked = subprocess.run([path, "-I", "-c", _ASK], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    return asked.stdout.decode("utf-8", "replace").split() == ["cpython", *minor.split(".")]
