"""What is kept of steps that passed, and for how long."""

from __future__ import annotations

from datetime import timedelta

from ecluse.model.values import frozen


@frozen
class CachePolicy:
    """`shared` is a folder or an address of an object store that several machines use; empty: none. What was used
    last goes last when there are more than `size` bytes; what nobody used for `age` goes in any case."""

    shared: str = ""
    read_only: bool = False
    """Whether this machine only takes from the shared one."""
    size: int = 5 << 30
    age: timedelta = timedelta(days=30)
