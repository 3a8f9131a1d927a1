"""How this very program is started again: as holder, as relay, as the next keeper."""

import hashlib
import os
import sys
from typing import Dict, List


def archive() -> str:
    """The zipapp we run from, or an empty text when we run from a folder. The file itself: a link to it may lead to
    another version while a keeper goes on, and it reads its own sources when it stages."""
    path = str(getattr(globals().get("__loader__"), "archive", ""))
    return os.path.realpath(path) if path else ""


def command(*arguments: str, path: str = "") -> List[str]:
    """The words that start the program at `path`, or else this one; with `environment()` they mean our code.

    A zipapp runs isolated (`-I`): a PYTHONPATH of the caller must not put other code before it.
    """
    here = path or archive()
    start = ["-I", here] if here else ["-m", "ecluse.keeper"]
    return [sys.executable, *start, *arguments]


def environment() -> Dict[str, str]:
    """Ours, and the folder of our code where we run from one."""
    own = dict(os.environ)
    if not archive():
        own["PYTHONPATH"] = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    return own


def version() -> str:
    """The digest of the zipapp, which names its version; `folder` when there is none."""
    here = archive()
    if not here:
        return "folder"
    with open(here, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()
