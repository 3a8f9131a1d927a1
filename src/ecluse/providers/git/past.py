"""All that files ever said, from git's log. Pure."""

from __future__ import annotations

import os

from ecluse.model.ids import Commit
from ecluse.ports.source import Blob

_MARK = b"\x01"
FORMAT = "--format=%x01%H"
_NOTHING = b"0"
"""The name of an object that isn't there is made of zeros."""
_FILES = (b"100644", b"100664", b"100755")


def blobs_of(said: bytes) -> tuple[Blob, ...]:
    """The answer to `log --raw -z`, newest first (git-log(1), RAW OUTPUT FORMAT): after a commit's name, for each
    change, its modes and objects, and in the next field its path."""
    found: dict[tuple[str, str], Blob] = {}
    commit = Commit("")
    fields = iter(said.split(b"\0"))
    for field in fields:
        text = field.removeprefix(b"\n")
        if text.startswith(_MARK):
            commit = Commit(text.removeprefix(_MARK).decode())
        elif text.startswith(b":"):
            _before, mode, _old, new, _state = text.split(b" ")
            path = os.fsdecode(next(fields))
            if mode in _FILES and new.strip(_NOTHING):
                found[path, new.decode()] = Blob(object=new.decode(), path=path, commit=commit)
    return tuple(found[key] for key in sorted(found))
