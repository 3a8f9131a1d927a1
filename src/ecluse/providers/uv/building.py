"""Building wheels: each source once for a Python and platform, kept, with no time of day in it."""

from __future__ import annotations

import asyncio
import shutil
import zipfile
from pathlib import Path

from ecluse.model.artifact import Wheel
from ecluse.model.ids import Digest
from ecluse.model.values import frozen
from ecluse.ports.commands import Command, Finished
from ecluse.ports.store import ContentStore
from ecluse.providers.uv import failure
from ecluse.providers.uv.interpreters import Found
from ecluse.providers.uv.keep import keep, key_of, recall
from ecluse.providers.uv.limits import Limits
from ecluse.providers.uv.platforms import Elsewhere, tags_named, tags_of
from ecluse.providers.uv.program import PATIENCE, Say, Uv
from ecluse.providers.uv.scratch import scratch
from ecluse.providers.uv.trees import copy_tree

EPOCH = "315619200"
"""1980-01-02: one time for everything built here, so that the same source gives the same bytes."""
AT_ONCE = 2

REPRODUCIBLE = {"SOURCE_DATE_EPOCH": EPOCH, "PYTHONHASHSEED": "0", "TZ": "UTC"}

UNVERSIONED = {
    "SETUPTOOLS_SCM_PRETEND_VERSION": "0.0.0",
    "PBR_VERSION": "0.0.0",
    "POETRY_DYNAMIC_VERSIONING_BYPASS": "0.0.0",
    "PDM_BUILD_SCM_VERSION": "0.0.0",
    "UV_DYNAMIC_VERSIONING_BYPASS": "0.0.0",
}
"""A commit's tree has no `.git`; backends that take the version from tags would refuse to build."""


@frozen
class Source:
    """What a wheel is built from: an archive in the store (`key` is its digest), a folder, or a git repository."""

    name: str
    key: str
    archive: str = ""
    folder: Path | None = None
    repository: str = ""
    revision: str = ""
    subfolder: str = ""
    project: bool = False


class Builder:
    def __init__(self, uv: Uv, home: Path, store: ContentStore) -> None:
        self._uv, self._home, self._store = uv, home, store

    async def wheel(self, source: Source, python: Found, limits: Limits, say: Say) -> Wheel:
        """The wheel, in the store. Raises ProblemError B020 for the project, B021 for a dependency."""
        place = (python.interpreter.minor, python.machine, python.libc)
        record = self._home / "cache" / "built" / f"{key_of(source.name, source.key, place, limits.key)}.json"
        known = recall(record)
        if known and self._store.has(Digest(known["digest"])):
            return Wheel(name=known["name"], digest=Digest(known["digest"]), built=True)
        with scratch(self._home, "build") as work:
            made = await self._build(source, python, limits, work, say)
            wheel = Wheel(name=made.name, digest=self._store.put_file(made), built=True)
            keep(record, {"name": wheel.name, "digest": wheel.digest, "of": source.name, "by": _backend(made)})
        return wheel

    async def _build(self, source: Source, python: Found, limits: Limits, work: Path, say: Say) -> Path:
        say(f"building {source.archive or source.name}")
        lying = await self._laid_out(source, work)
        output = work / "wheels"
        tagless = source.project and not (lying / "PKG-INFO").exists()
        done = await self._uv.run(
            "build", "--wheel", str(lying), "-o", str(output), "-p", python.path, "--no-create-gitignore",
            *limits.options(work),
            folder=work, env={**REPRODUCIBLE, **(UNVERSIONED if tagless else {}), "UV_CONSTRAINT": ""},
        )  # fmt: skip
        made = sorted(output.glob("*.whl")) if done.ok else []
        if isinstance(python, Elsewhere) and not (made and tags_named(made[0].name) & set(tags_of(python))):
            raise failure.no_wheel(source.name, python.there, done, self._home)
        if not made:
            raise failure.unbuilt(done, source.name, self._home, project=source.project)
        return made[0]

    async def _laid_out(self, source: Source, work: Path) -> Path:
        """Where the source lies, free to be written to."""
        lying = work / (source.archive or "source")
        if source.archive:
            shutil.copyfile(self._store.path(Digest(source.key)), lying)
        elif source.folder is not None:
            await asyncio.to_thread(copy_tree, source.folder, lying)
        else:
            await self._clone(source, lying)
        return lying / source.subfolder if source.subfolder else lying

    async def _clone(self, source: Source, folder: Path) -> None:
        await self._git(source, "clone", "--quiet", source.repository, str(folder), folder=folder.parent)
        await self._git(source, "checkout", "--quiet", source.revision, folder=folder)

    async def _git(self, source: Source, *arguments: str, folder: Path) -> Finished:
        command = Command(
            argv=("git", *arguments), folder=folder, env={**self._uv.env, "GIT_TERMINAL_PROMPT": "0"},
            timeout=PATIENCE,
        )  # fmt: skip
        done = await self._uv.commands.run(command)
        if not done.ok:
            raise failure.unbuilt(done, source.name, self._home, project=False)
        return done


def _backend(wheel: Path) -> str:
    """The build backend with its version, as the wheel names it (PyPA's binary distribution format, WHEEL)."""
    with zipfile.ZipFile(wheel) as archive:
        name = next((one for one in archive.namelist() if one.endswith(".dist-info/WHEEL")), None)
        lines = archive.read(name).decode().splitlines() if name else []
    return next((line.removeprefix("Generator:").strip() for line in lines if line.startswith("Generator:")), "")
