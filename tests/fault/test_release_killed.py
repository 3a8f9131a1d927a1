"""A release killed with SIGKILL at every boundary: the next one ends it, with the same bytes, once."""

import json

import pytest

from ecluse.loop.release.boundaries import POINTS
from support.releasing import TO_INDEX, Index, open_releasing, tags_on_remote

pytestmark = [pytest.mark.fault, pytest.mark.network]
KILLED = -9
ELSEWHERE = {"image", "announce", "attach"}
"""Moves that this release has not: they are reached in tests/live."""
REACHED = [point for point in POINTS if point.partition(".")[0] not in ELSEWHERE]
SOME = {"keep.after", "intend.before", "intend.after", "record.after", "push.after", "upload.before", "upload.after"}


@pytest.mark.parametrize(
    "point", [point if point in SOME else pytest.param(point, marks=pytest.mark.full) for point in REACHED]
)
def test_killed_there_it_is_ended_by_the_next(tmp_path, point):
    index = Index(tmp_path / "index")
    try:
        release = '[release]\nchangelog = "CHANGES.md"\n' + TO_INDEX.format(index=index.url, upload=index.url)
        shop = open_releasing(tmp_path, release)
        witness = tmp_path / "reached"
        killed = shop.ecluse("release", env={"ECLUSE_RELEASE_FAULT": f"{point}:{witness}"})
        assert (killed.returncode, witness.read_text()) == (KILLED, point)
        before = {name: (index.folder / name).read_bytes() for name in index.files}
        done = shop.json("release")
        assert (done["version"], len(index.files)) == ("0.1.0", 4)
        assert {name: (index.folder / name).read_bytes() for name in before} == before
        assert tags_on_remote(shop) == ["v0.1.0"]
        assert (shop.root / "CHANGES.md").read_text().count("## 0.1.0") == 1
        kinds = [json.loads(line)["kind"] for line in shop.ecluse("events", "--json").stdout.splitlines()]
        assert [kinds.count(kind) for kind in ("ReleaseIntended", "ReleaseMade", "ReleasePublished")] == [1, 1, 1]
    finally:
        index.close()
