"""An index and a forge in memory, with the contracts that they and the real ones keep."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ecluse.model.ids import Digest
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.ports.forge import Announced, Forge
from ecluse.ports.index import PackageIndex


@dataclass(slots=True)
class MemoryIndex:
    """Fills ports.index.PackageIndex. `script` has a word for each upload, in order: `refused`, `lost` (taken, and the
    answer doesn't come back), `gone` (the answer is that it was taken), or `taken`, as all are after its end."""

    script: list[str] = field(default_factory=list)
    taken: dict[str, bytes] = field(default_factory=dict)
    uploads: list[str] = field(default_factory=list)

    async def files(self, project: str) -> Mapping[str, Digest]:
        begins = project.replace("-", "_") + "-"
        return {name: _digest(data) for name, data in self.taken.items() if name.startswith(begins)}

    async def upload(self, file: Path) -> None:
        self.uploads.append(file.name)
        act = self.script.pop(0) if self.script else "taken"
        if act == "gone":
            return
        if act != "refused" and file.name not in self.taken:
            self.taken[file.name] = file.read_bytes()
        elif act != "refused":
            act = "refused"
        if act != "taken":
            raise ProblemError(Problem(code="R022", what=f"{file.name} was not taken", fix="again", exit=Exit.REFUSED))


@dataclass(slots=True)
class MemoryForge:
    """Fills ports.forge.Forge."""

    pages: dict[str, str] = field(default_factory=dict)
    files_of: dict[str, dict[str, bytes]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    async def release(self, tag: str) -> Announced | None:
        if tag not in self.pages:
            return None
        return Announced(url=f"https://forge.example.org/{tag}", files=frozenset(self.files_of[tag]))

    async def announce(self, tag: str, title: str, notes: str) -> Announced:
        self.calls.append(f"announce {title}")
        self.pages.setdefault(tag, notes)
        self.files_of.setdefault(tag, {})
        return Announced(url=f"https://forge.example.org/{tag}", files=frozenset(self.files_of[tag]))

    async def attach(self, tag: str, name: str, file: Path) -> None:
        if tag not in self.pages:
            raise ProblemError(Problem(code="R025", what=f"{tag} has no page", fix="make it", exit=Exit.REFUSED))
        self.calls.append(f"attach {name}")
        self.files_of[tag].setdefault(name, file.read_bytes())


def _digest(data: bytes) -> Digest:
    return Digest(f"sha256:{hashlib.sha256(data).hexdigest()}")


class PackageIndexContract:
    """`index` is an empty one; `distribution` a source distribution called shop-1.0.tar.gz."""

    @pytest.fixture
    def index(self) -> PackageIndex:
        raise NotImplementedError("give the index that is to be tested")

    @pytest.fixture
    def distribution(self) -> Path:
        raise NotImplementedError("give a source distribution")

    async def _has(self, index: PackageIndex) -> Mapping[str, Digest]:
        return await index.files("shop")

    def test_an_unknown_project_has_no_files(self, index: PackageIndex) -> None:
        assert asyncio.run(self._has(index)) == {}

    def test_what_was_sent_is_there_by_its_digest(self, index: PackageIndex, distribution: Path) -> None:
        asyncio.run(index.upload(distribution))
        assert asyncio.run(self._has(index)) == {distribution.name: _digest(distribution.read_bytes())}

    def test_what_is_there_is_never_replaced(self, index: PackageIndex, distribution: Path) -> None:
        asyncio.run(index.upload(distribution))
        before = asyncio.run(self._has(index))
        distribution.write_bytes(distribution.read_bytes() + b"more")
        with pytest.raises(ProblemError):
            asyncio.run(index.upload(distribution))
        assert asyncio.run(self._has(index)) == before


class ForgeContract:
    """`forge` shows no release of the tag v1.0.0, which is there."""

    @pytest.fixture
    def forge(self) -> Forge:
        raise NotImplementedError("give the forge that is to be tested")

    def test_a_release_that_nobody_made_is_not_there(self, forge: Forge) -> None:
        assert asyncio.run(forge.release("v1.0.0")) is None

    def test_it_is_made_once(self, forge: Forge) -> None:
        made = asyncio.run(forge.announce("v1.0.0", "v1.0.0", "Notes\n"))
        again = asyncio.run(forge.announce("v1.0.0", "v1.0.0", "Other notes\n"))
        assert made.url
        assert (made.files, again) == (frozenset(), made)
        assert asyncio.run(forge.release("v1.0.0")) == made

    def test_a_file_is_put_on_its_page_once(self, forge: Forge, tmp_path: Path) -> None:
        file = tmp_path / "shop-1.0.0.cdx.json"
        file.write_bytes(b"{}")
        asyncio.run(forge.announce("v1.0.0", "v1.0.0", "Notes\n"))
        for _ in range(2):
            asyncio.run(forge.attach("v1.0.0", file.name, file))
        page = asyncio.run(forge.release("v1.0.0"))
        assert page is not None
        assert page.files == {file.name}

    def test_a_file_for_a_page_that_is_not_there_is_not_lost_silently(self, forge: Forge, tmp_path: Path) -> None:
        file = tmp_path / "shop-1.0.0.cdx.json"
        file.write_bytes(b"{}")
        with pytest.raises(ProblemError) as caught:
            asyncio.run(forge.attach("v1.0.0", file.name, file))
        assert caught.value.problems[0].code == "R025"
