"""Ports for servers of tests that run at the same time."""

import itertools
import os

from ecluse.keeper.units import is_free

FIRST, EACH, WORKERS = 10_000, 1_000, 6
"""Below the ports that the kernel gives to outgoing connections (ip(7)), and below those that keepers choose."""

_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % WORKERS
_begin = os.getpid() * 61 % EACH  # two sessions at once begin apart from each other
_turn = (FIRST + EACH * _worker + (_begin + number) % EACH for number in itertools.count())


def free_port() -> int:
    """One that nobody listens on and that no other test is given for long: a port that the kernel names is given
    again as soon as it is closed, to whoever asks."""
    return next(filter(is_free, _turn))
