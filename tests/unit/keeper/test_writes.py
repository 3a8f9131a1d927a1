"""What an app wrote into the tree of its release, where it is lost."""

import asyncio
import os
from pathlib import Path

import pytest

from ecluse.keeper.places import Home
from ecluse.keeper.writes import Writes, written


class Slot:
    def __init__(self, release):
        self.release = release
        self.running = {"release": {"id": release, "version": "1.0"}} if release else None


@pytest.fixture
def release(tmp_path):
    """A release as it is staged: read-only files, a link to the state, made before now."""
    folder = tmp_path / "releases" / "r-1"
    tree = folder / "tree"
    (tree / "app").mkdir(parents=True)
    (tree / "app" / "main.py").write_text("pass\n")
    (tree / "app" / "main.py").chmod(0o444)
    (tmp_path / "state").mkdir()
    (tree / "media").symlink_to(tmp_path / "state")
    (folder / "release.json").write_text("{}")
    for path in (tree / "app" / "main.py", folder / "release.json"):
        os.utime(path, (1000, 1000))
    return folder


def found(folder):
    return written(str(folder / "tree"), (folder / "release.json").stat().st_mtime)


def test_what_a_release_brings_and_what_goes_to_its_state_is_no_write(release):
    (release / "tree" / "media" / "upload.png").write_text("data")
    assert found(release) == []


def test_a_new_file_a_changed_one_and_one_with_an_old_date_are_writes(release):
    (release / "tree" / "db.sqlite3").write_text("data")
    os.utime(release / "tree" / "db.sqlite3", (1, 1))
    os.utime(release / "tree" / "app" / "main.py")
    assert found(release) == ["db.sqlite3", os.path.join("app", "main.py")]


def test_caches_are_not_worth_a_word(release):
    (release / "tree" / "app" / "__pycache__").mkdir()
    (release / "tree" / "app" / "__pycache__" / "main.cpython-39.pyc").write_bytes(b"")
    assert found(release) == []


def test_a_warning_names_a_few_paths_and_the_way_out(release):
    for number in range(9):
        (release / "tree" / ("file-%d" % number)).write_text("data")
    home = Home(str(release.parent.parent))
    writes = Writes(home)
    asyncio.run(writes.look([Slot("r-1"), Slot(""), Slot("r-gone")]))
    (warning,) = writes.warnings()
    assert warning.startswith("1.0 writes into its own tree")
    assert "file-0, file-1, file-2, …; declare it: [app] state" in warning
    for path in Path(str(release / "tree")).glob("file-*"):
        path.unlink()
    asyncio.run(writes.look([Slot("r-1")]))
    assert writes.warnings() == []
