"""What a host runs on: by this the wheels are chosen that it gets."""

from __future__ import annotations

from ecluse.model.values import frozen

Numbers = tuple[int, ...]


@frozen
class Platform:
    """One Python on one kind of machine. `release` is the C library's own version, empty where it doesn't say."""

    python: str
    """`X.Y.Z`"""
    machine: str
    libc: str
    """`glibc` or `musl`"""
    release: Numbers = ()

    @property
    def minor(self) -> str:
        return minor_of(self.python)

    @property
    def system(self) -> str:
        """`glibc 2.36`"""
        return " ".join(filter(None, (self.libc, ".".join(map(str, self.release)))))

    def __str__(self) -> str:
        return f"Python {self.minor} on {self.machine} with {self.system}"


@frozen
class HostPlatform:
    """What a host says of itself. `pythons`: of each minor version the newest that it has, as `X.Y.Z`."""

    pythons: tuple[str, ...]
    machine: str
    libc: str
    release: Numbers = ()

    def with_minor(self, minor: str) -> Platform | None:
        """With its Python `X.Y`, if it has one."""
        found = next((version for version in self.pythons if minor_of(version) == minor), None)
        return self.on(found) if found else None

    def on(self, version: str) -> Platform:
        return Platform(python=version, machine=self.machine, libc=self.libc, release=self.release)


def minor_of(version: str) -> str:
    return ".".join(version.split(".")[:2])


def numbers(version: str) -> Numbers:
    """`2.36` as (2, 36); empty for what is no version."""
    parts = version.split(".")
    return tuple(map(int, parts)) if all(part.isdigit() for part in parts) else ()
