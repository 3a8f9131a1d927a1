"""What is sent to an index, when asking it fails too."""

import asyncio
import hashlib
from dataclasses import replace

import pytest

from ecluse.loop.release.upload import project_of, upload
from ecluse.model.intent import Intent, Kind, ReleaseFile
from ecluse.model.problem import Problem, ProblemError
from ecluse.testing.publishing import MemoryIndex
from ecluse.testing.world import MemoryWorld

DIGEST = "sha256:" + "a" * 64
FILE = ReleaseFile(name="shop_client-1.0.tar.gz", digest=DIGEST, size=1, kind=Kind.SDIST)


class Falling(MemoryIndex):
    """Goes away with the first file."""

    asked = 0

    async def files(self, project):
        self.asked += 1
        if self.asked > 1:
            raise ProblemError(Problem(code="R021", what="away", fix="again"))
        return await super().files(project)


class Shelf:
    def __init__(self, path):
        self.path = path

    async def fetch(self, file, folder):
        self.path.write_bytes(b"x")
        return self.path


def intent():
    return Intent(
        app="shop", version="1.0", tag="v1.0", commit="c" * 40, bundle=DIGEST, config=DIGEST, notes="", message="",
        files=(FILE,),
    )  # fmt: skip


def test_why_it_was_not_taken_counts_more_than_that_it_is_away_now(tmp_path):
    index = Falling(script=["refused"])
    with pytest.raises(ProblemError) as caught:
        asyncio.run(upload(intent(), index, Shelf(tmp_path / FILE.name), tmp_path, MemoryWorld(tmp_path).world))
    assert caught.value.problems[0].code == "R022"


def test_somebody_else_s_file_that_comes_in_between_is_said(tmp_path):
    index = MemoryIndex(script=["lost"])
    with pytest.raises(ProblemError) as caught:
        asyncio.run(upload(intent(), index, Shelf(tmp_path / FILE.name), tmp_path, MemoryWorld(tmp_path).world))
    assert caught.value.problems[0].code == "R013"


class Slow(MemoryIndex):
    """Its pages are written later than it answers."""

    asked = 0

    async def files(self, project):
        self.asked += 1
        return await super().files(project) if self.asked > 4 else {}


def test_an_index_that_takes_all_and_has_nothing_is_none(tmp_path):
    index, memory = MemoryIndex(script=["gone"]), MemoryWorld(tmp_path)
    with pytest.raises(ProblemError) as caught:
        asyncio.run(upload(whole(), index, Shelf(tmp_path / FILE.name), tmp_path, memory.world))
    assert caught.value.problems[0].code == "R023"
    assert upload_of(index, memory, tmp_path) == (FILE.name,)


def test_an_index_may_take_its_time_to_show_a_file(tmp_path):
    memory = MemoryWorld(tmp_path)
    assert upload_of(Slow(), memory, tmp_path) == (FILE.name,)


def whole():
    return replace(intent(), files=(replace(FILE, digest=f"sha256:{hashlib.sha256(b'x').hexdigest()}"),))


def upload_of(index, memory, folder):
    return asyncio.run(upload(whole(), index, Shelf(folder / FILE.name), folder, memory.world))


def test_a_project_is_asked_for_by_its_normal_name():
    wheel = ReleaseFile(name="Shop.Client-1.0-py3-none-any.whl", digest=DIGEST, size=1, kind=Kind.WHEEL)
    assert {project_of(FILE), project_of(wheel)} == {"shop-client"}
