"""What HAProxy's runtime API answers (its management guide, 9.3): `show servers state` and `show stat`, as values."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping

from ecluse.model.values import frozen

FORCED_MAINTENANCE, CONFIGURED_MAINTENANCE, FORCED_DRAIN = 0x01, 0x04, 0x08
"""Bits of `srv_admin_state`; those that are inherited (a tracked server, DNS) are not ours to take back."""
SAID_SO = FORCED_MAINTENANCE | CONFIGURED_MAINTENANCE | FORCED_DRAIN
STATES, STATISTICS = "# be_id ", "# pxname,"
OVERHEAD = frozenset({"FRONTEND", "BACKEND"})


@frozen
class Server:
    """`under_way`: sessions that it has and that wait for it. `says`: its status in HAProxy's words."""

    is_drained: bool
    is_up: bool
    under_way: int
    says: str


def servers(said: str, backend: str) -> Mapping[str, Server]:
    """Those of one backend, by name; empty when it isn't there."""
    numbers = {row["svname"]: row for row in _statistics(said) if row["pxname"] == backend}
    return {
        row["srv_name"]: _server(int(row["srv_admin_state"]), numbers[row["srv_name"]])
        for row in _states(said)
        if row["be_name"] == backend and row["srv_name"] in numbers
    }


def backends(said: str) -> frozenset[str]:
    """Those that have servers."""
    return frozenset(row["be_name"] for row in _states(said))


def _server(admin: int, row: Mapping[str, str]) -> Server:
    """`UP 1/3` is up still; `no check` is taken for up, as HAProxy does."""
    status, check = row["status"], row.get("check_status", "")
    return Server(
        is_drained=bool(admin & SAID_SO),
        is_up=status.startswith(("UP", "no check", "NOLB")),
        under_way=int(row["scur"] or 0) + int(row["qcur"] or 0),
        says=f"{status}, {check}" if check else status,
    )


def _states(said: str) -> Iterator[Mapping[str, str]]:
    lines = _table(said, STATES)
    names = lines[0].removeprefix("# ").split() if lines else []
    return (dict(zip(names, line.split(), strict=False)) for line in lines[1:])


def _statistics(said: str) -> Iterator[Mapping[str, str]]:
    lines = _table(said, STATISTICS)
    found = csv.DictReader([line.removeprefix("# ") for line in lines])
    return (row for row in found if row["svname"] not in OVERHEAD)


def _table(said: str, head: str) -> list[str]:
    """From the line that names the columns to the next empty one."""
    lines = said.splitlines()
    start = next((at for at, line in enumerate(lines) if line.startswith(head)), len(lines))
    end = next((at for at, line in enumerate(lines[start:], start) if not line.strip()), len(lines))
    return lines[start:end]
