"""A folder of advisories in OSV's format, as OSV's exports are: JSON files, or zip files of them. Asks nobody."""

from __future__ import annotations

import asyncio
import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ecluse.model.package import Package
from ecluse.ports.advisories import Answer
from ecluse.providers.advisories.osv import UndecidableError, names_of, vulnerabilities

_SPOILT = (zlib.error, EOFError, RuntimeError)
"""What zipfile raises, too: for a spoilt stream, one that is cut off, encrypted, or packed in an unknown way."""


class SpoiltError(Exception):
    """Something in the folder can't be read: nobody knows which package it is about."""


@dataclass(slots=True)
class FolderAdvisories:
    """Fills ports.advisories.Advisories. A folder that isn't there, holds nothing, or holds something that can't be
    read, has no answer for any package."""

    folder: Path
    _newest: str = field(default="", init=False)

    @property
    def name(self) -> str:
        return f"{self.folder}{f', newest entry of {self._newest[:10]}' if self._newest else ''}"

    def content(self) -> str:
        """By names, sizes and times: a database has tens of thousands of files."""
        told = []
        for path in self._files():
            with suppress(FileNotFoundError):  # another program renews the folder
                status = path.stat()
                told.append((str(path), status.st_size, status.st_mtime_ns))
        return hashlib.sha256(json.dumps(told).encode("utf-8", "surrogatepass")).hexdigest()

    async def ask(self, packages: Sequence[Package]) -> Mapping[Package, Answer]:
        return await asyncio.to_thread(self._ask, packages)

    def _ask(self, packages: Sequence[Package]) -> Mapping[Package, Answer]:
        wanted = {package.name for package in packages}
        records: dict[str, list[Mapping[str, Any]]] = {}
        count = 0
        try:
            for name, data in self._documents():
                count += 1
                for about, record in self._record(name, data):
                    if about in wanted:
                        records.setdefault(about, []).append(record)
        except (OSError, zipfile.BadZipFile, SpoiltError, *_SPOILT) as error:
            return dict.fromkeys(packages, f"{self.folder}: {error}")
        if not count:
            return dict.fromkeys(packages, f"{self.folder} holds no advisory")
        return {package: _answer(package, records.get(package.name, ())) for package in packages}

    def _record(self, name: str, data: bytes) -> Iterator[tuple[str, Mapping[str, Any]]]:
        try:
            record = json.loads(data)
            self._newest = max(self._newest, str(record["modified"]))
            names = names_of(record)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise SpoiltError(f"{name} is no advisory in OSV's format") from error
        yield from ((about, record) for about in names)

    def _files(self) -> list[Path]:
        return sorted(path for path in self.folder.rglob("*") if path.suffix in {".json", ".zip"} and path.is_file())

    def _documents(self) -> Iterator[tuple[str, bytes]]:
        for path in self._files():
            if path.suffix == ".json":
                yield path.name, path.read_bytes()
                continue
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    if name.endswith(".json"):
                        yield f"{path.name}:{name}", archive.read(name)


def _answer(package: Package, records: Sequence[Mapping[str, Any]]) -> Answer:
    try:
        return vulnerabilities(package, records)
    except UndecidableError as error:
        return str(error)
    except (KeyError, TypeError, AttributeError) as error:
        return f"one of its advisories isn't in OSV's format: {error!r}"
