"""The slot page: one small memory-mapped file a slot.

The keeper writes the phase, the parent of the workers how many it started anew, each worker thread a lane of its own,
so nobody needs a lock. All numbers are little-endian. Header (64 bytes): magic, u16 format, u16 lanes, u32 phase, u32
workers started anew (0 from earlier launchers). Lane (512 bytes): u64 fields as `FIELDS` names them, then one u64 for
each latency bucket.
"""

import mmap
import os
import struct
from typing import Dict, List, NamedTuple, Tuple

MAGIC = b"ECLP"
FORMAT = 1
LANES = 64
HEADER = 64
LANE = 512
SIZE = HEADER + LANES * LANE
PHASE_AT = 8
RENEWED_AT = 12

SERVING = 0
LAME = 1
"""Each answer carries `Connection: close`; a WebSocket ends with code 1012 (RFC 6455 section 7.4, IANA registry)."""

FIELDS = ("pid", "unanswered", "1xx", "2xx", "3xx", "4xx", "5xx", "websockets")
"""`websockets` is a gauge, the others only grow. `pid` 0 marks a lane that nobody has claimed."""

BOUNDS = (
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0,
)  # fmt: skip
"""Upper bounds of the latency buckets in seconds; one more bucket counts what took longer."""

_U32 = struct.Struct("<I")
_HEAD = struct.Struct("<4sHHI")
_LANE = struct.Struct("<%dQ" % (len(FIELDS) + len(BOUNDS) + 1))


class Totals(NamedTuple):
    """All lanes added up. `fields` as in FIELDS without `pid`, and `requests`: each is in one bucket."""

    fields: Dict[str, int]
    buckets: Tuple[int, ...]


def create(path: str) -> None:
    """A fresh page, serving, with empty lanes; replaces what is there for those who open it from now on."""
    fresh = "%s.%d" % (path, os.getpid())
    descriptor = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        # Allocated, not sparse: on a full disk the first touch of a missing block would end the process (SIGBUS).
        os.posix_fallocate(descriptor, 0, SIZE)
        os.pwrite(descriptor, _HEAD.pack(MAGIC, FORMAT, LANES, SERVING), 0)
    finally:
        os.close(descriptor)
    os.rename(fresh, path)


class Page:
    """A mapped page. Reading is never torn: every number is one aligned word."""

    def __init__(self, path: str) -> None:
        """Raises ValueError on a file that is no page of this format, OSError when there is none."""
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            if os.fstat(descriptor).st_size < SIZE:
                raise ValueError("not a slot page: %s" % path)
            self.map = mmap.mmap(descriptor, SIZE)
        finally:
            os.close(descriptor)
        magic, form, lanes, _ = _HEAD.unpack_from(self.map, 0)
        if (magic, form, lanes) != (MAGIC, FORMAT, LANES):
            self.map.close()
            raise ValueError("not a slot page: %s" % path)

    @property
    def phase(self) -> int:
        return int(_U32.unpack_from(self.map, PHASE_AT)[0])

    @phase.setter
    def phase(self, phase: int) -> None:
        _U32.pack_into(self.map, PHASE_AT, phase)

    @property
    def renewed(self) -> int:
        """How many workers were started in the place of one that had ended by itself. Only their parent writes it."""
        return int(_U32.unpack_from(self.map, RENEWED_AT)[0])

    @renewed.setter
    def renewed(self, count: int) -> None:
        _U32.pack_into(self.map, RENEWED_AT, count)

    def lane(self, index: int) -> Tuple[int, ...]:
        return _LANE.unpack_from(self.map, HEADER + index * LANE)

    def totals(self) -> Totals:
        lanes = [self.lane(index) for index in range(LANES)]
        columns: List[int] = [sum(column) for column in zip(*lanes)]
        buckets = tuple(columns[len(FIELDS) :])
        return Totals({"requests": sum(buckets), **dict(zip(FIELDS[1:], columns[1:]))}, buckets)

    def close(self) -> None:
        self.map.close()
