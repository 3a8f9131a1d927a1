"""The fault hook of the tests: end or freeze the keeper exactly at a named boundary of the journal.

`ECLUSE_FAULT="<point>:<action>"`, where a point is `<move>.before` or `<move>.after` and an action is one of
- `kill`: SIGKILL to itself;
- `kill:FILE`: the same, after writing FILE, so that a test sees that the boundary was reached;
- `stop:FILE`: SIGSTOP to itself, after writing FILE.

With a FILE it happens once: not when FILE is already there. Only the journal calls this; unset, it does nothing.
"""

import os
import signal

MOVES = (
    *("begin", "run", "start", "halt", "route", "hold", "decide", "commit", "close", "abort", "stop"),
    *("drain", "undrain"),
)
POINTS = tuple(
    "%s.%s" % (move, edge)
    for move in MOVES
    for edge in ("before", "after")
    if (move, edge) not in {("commit", "after"), ("abort", "after")}  # both end with `close`
)
"""Every boundary of the journal, so that tests can reach each."""

_SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}


def reach(point: str) -> None:
    """ValueError for a boundary that isn't listed."""
    POINTS.index(point)
    wanted, _, action = os.environ.get("ECLUSE_FAULT", "").partition(":")
    if wanted == point:
        kind, _, witness = action.partition(":")
        if not witness or _first_time(witness, point):
            os.kill(os.getpid(), _SIGNALS[kind])


def _first_time(witness: str, point: str) -> bool:
    try:
        with open(witness, "x", encoding="utf-8") as file:
            file.write(point)
    except FileExistsError:
        return False
    return True
