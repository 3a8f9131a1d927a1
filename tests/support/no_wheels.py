"""A toolchain for an app without a dependency."""

from dataclasses import dataclass
from pathlib import Path

from ecluse.model.artifact import Wheel, Wheelhouse
from ecluse.ports.python import Interpreter
from ecluse.system.store import FolderStore


@dataclass
class NoWheels:
    store: FolderStore

    def interpreters(self):
        return (Interpreter(version="3.12.1", path=Path("/usr/bin/python3.12")),)

    async def choose(self, tree, build):
        return self.interpreters()[0]

    async def wheelhouse(self, tree, build, *, servers, identity="", say=None):
        pip = Wheel(name="pip.whl", digest=self.store.put_bytes(b"pip"))
        return Wheelhouse(
            python="3.12", machine="x86_64", libc="glibc", digest="sha256:" + "3" * 64, app=(), server=(), pip=pip
        )
