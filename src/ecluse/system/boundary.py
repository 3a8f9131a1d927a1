"""The fault hook of a release's tests: the process ends exactly at a named boundary.

`ECLUSE_RELEASE_FAULT="<point>:FILE"` sends SIGKILL to this process at `point`, once: FILE is written first, so that a
test sees that the boundary was reached, and where it is there already nothing happens. Unset, it does nothing.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

VARIABLE = "ECLUSE_RELEASE_FAULT"


def reach(point: str) -> None:
    wanted, _, witness = os.environ.get(VARIABLE, "").partition(":")
    if wanted != point:
        return
    try:
        with Path(witness).open("x", encoding="utf-8") as file:
            file.write(point)
    except FileExistsError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
