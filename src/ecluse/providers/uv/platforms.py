"""Wheels for another platform than this machine's: which tags it takes, and what uv calls it. Pure but for `here`."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from functools import cache

from packaging.tags import Tag, compatible_tags, cpython_tags, platform_tags
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from ecluse.model.artifact import Wheelhouse
from ecluse.model.platform import Numbers, Platform, numbers
from ecluse.model.values import frozen
from ecluse.providers.uv.interpreters import Found

OLD_NAMES = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
"""Of `manylinux_2_N` (PEP 600, "Legacy manylinux tags")."""
MUSL = 2
"""N of the newest `musllinux_1_N` that hosts are taken to have: musl 1.2 is of 2020, and musl doesn't say."""
UV_KNOWS = (17, 28, *range(31, 41))
"""N of the `manylinux_2_N` that uv resolves for (`uv pip compile --help`)."""
UV_MACHINES = ("x86_64", "aarch64")


@frozen
class Elsewhere(Found):
    """The Python of another platform. `path` is one of this machine, which builds for it what fits every platform."""

    there: Platform

    @classmethod
    def of(cls, there: Platform, builder: Found) -> Elsewhere:
        return cls(
            path=builder.path, version=there.python, machine=there.machine, libc=there.system, stamp=builder.stamp,
            there=there,
        )  # fmt: skip


@cache
def here() -> tuple[str, str, Numbers]:
    """Machine, C library and its version."""
    libc, release = platform.libc_ver()
    return platform.machine(), libc or "musl", numbers(release)


def runs(there: Platform) -> bool:
    """What is built on this machine runs there: a C library takes what was linked to an older one."""
    machine, libc, release = here()
    return (there.machine, there.libc) == (machine, libc) and there.release >= release


def tags_of(python: Found) -> tuple[Tag, ...]:
    """The wheel tags that the interpreter takes, best first."""
    platforms = list(platforms_of(python.there)) if isinstance(python, Elsewhere) else list(platform_tags())
    return _tags(python.interpreter.minor, platforms)


def serves(house: Wheelhouse, there: Platform) -> bool:
    """Whether all wheels of the house run there."""
    if (house.python, house.machine) != (there.minor, there.machine):
        return False
    taken = frozenset(_tags(there.minor, list(platforms_of(there))))
    return all(not taken.isdisjoint(tags_named(wheel.name)) for wheel in (*house.app, *house.server, house.pip))


def platforms_of(there: Platform) -> Iterator[str]:
    """The platform tags, best first. One without a promise (`linux_x86_64`) is of this machine."""
    if there.libc == "musl":
        yield from (f"musllinux_1_{minor}_{there.machine}" for minor in range(MUSL, -1, -1))
    else:
        for minor in range(there.release[1] if len(there.release) > 1 else UV_KNOWS[0], 4, -1):
            yield f"manylinux_2_{minor}_{there.machine}"
            if minor in OLD_NAMES:
                yield f"{OLD_NAMES[minor]}_{there.machine}"
    if runs(there):
        yield f"linux_{there.machine}"


def uv_name(there: Platform) -> str:
    """What `--python-platform` takes for it; empty for one that uv doesn't know."""
    if there.machine not in UV_MACHINES:
        return ""
    if there.libc == "musl":
        return f"{there.machine}-unknown-linux-musl"
    known = [minor for minor in UV_KNOWS if (2, minor) <= there.release]
    return f"{there.machine}-manylinux_2_{max(known)}" if known else ""


def tags_named(wheel: str) -> frozenset[Tag]:
    """Of a wheel's name; none for what is no wheel's name."""
    try:
        *_, tags = parse_wheel_filename(wheel)
    except InvalidWheelFilename:
        return frozenset()
    return tags


def _tags(minor: str, platforms: list[str]) -> tuple[Tag, ...]:
    version = tuple(int(part) for part in minor.split("."))
    name = f"cp{version[0]}{version[1]}"
    abi = f"{name}m" if version < (3, 8) else name
    return (
        *cpython_tags(version, abis=[abi], platforms=platforms),
        *compatible_tags(version, interpreter=name, platforms=platforms),
    )
