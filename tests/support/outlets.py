"""Outlets of a test: a real git remote and real stores, an index and a forge in memory, and kills at boundaries."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from ecluse.ports.cache import UnreachableError
from ecluse.ports.outlets import Outlets
from ecluse.providers.ed25519.keys import Ed25519Signer, Ed25519Verifier
from ecluse.providers.git.remote import GitRemote
from ecluse.system.artifacts import FolderArtifacts
from ecluse.system.turns import releasing
from ecluse.testing.publishing import MemoryForge, MemoryIndex


class KilledError(BaseException):
    """As SIGKILL would: nothing catches it."""


@dataclass
class FakePacker:
    """Three files a project, other ones each time that it builds: so that building twice would show."""

    builds: int = 0

    async def pack(self, tree, into, *, version, moment):
        self.builds += 1
        made = []
        for name in (f"shop-{version}.tar.gz", f"shop-{version}-py2-none-any.whl", f"shop-{version}-py3-none-any.whl"):
            path = into / name
            path.write_text(f"{name}, built {self.builds}")
            made.append(path)
        return tuple(made)


@dataclass
class Outside:
    """All that is not this machine's, shared by those who release."""

    index: MemoryIndex = field(default_factory=MemoryIndex)
    forge: MemoryForge = field(default_factory=MemoryForge)


@dataclass
class Faults:
    """`at` is the boundary at which it is killed, once; or `instead` is done there, by another."""

    at: str = ""
    instead: object = None
    seen: list = field(default_factory=list)

    def reach(self, point):
        self.seen.append(point)
        if point == self.at:
            self.at = ""
            if self.instead is None:
                raise KilledError(point)
            with ThreadPoolExecutor(1) as other:
                other.submit(self.instead).result()


def outlets(root, home, commands, env, *, outside=None, packer=None, faults=None):
    outside = outside or Outside()

    @contextmanager
    def alone():
        with releasing(home / "releases" / "lock"):
            yield

    def shared(place):
        if "://" in place:
            raise UnreachableError(place)
        return FolderArtifacts(root / place, mounted=True)

    return Outlets(
        own=FolderArtifacts(home / "releases"),
        shared=shared,
        remote=lambda name: GitRemote(name, root, commands, env),
        packer=lambda: packer or FakePacker(),
        index=lambda _: outside.index,
        forge=lambda _place, _address: outside.forge,
        registry=None,
        signer=lambda name: Ed25519Signer(env[name]),
        verifier=Ed25519Verifier,
        alone=alone,
        reached=(faults or Faults()).reach,
    )
