import os
import sqlite3

import pytest

from ecluse.keeper import state


@pytest.fixture
def folders(tmp_path):
    def release(name):
        (tmp_path / name).mkdir(exist_ok=True)
        return tmp_path / name

    return tmp_path / "state", release


def link(kept, tree, *paths):
    state.link(str(kept), str(tree), paths)


def test_a_folder_is_created_and_shared_by_releases(folders):
    kept, release = folders
    link(kept, release("r1"), "media/")
    (release("r1") / "media/photo").write_bytes(b"jpeg")
    link(kept, release("r2"), "media/")
    assert (release("r2") / "media/photo").read_bytes() == b"jpeg"


def test_the_first_release_brings_the_first_data(folders):
    kept, release = folders
    (release("r1") / "db.sqlite3").write_bytes(b"first")
    (release("r1") / "media").mkdir()
    (release("r1") / "media/logo").write_bytes(b"logo")
    link(kept, release("r1"), "db.sqlite3", "media/")
    assert (kept / "db.sqlite3").read_bytes() == b"first"
    assert (kept / "media/logo").read_bytes() == b"logo"
    assert (release("r1") / "db.sqlite3").is_symlink()


def test_a_later_release_does_not_overwrite_the_data(folders):
    kept, release = folders
    (release("r1") / "db").write_bytes(b"first")
    link(kept, release("r1"), "db")
    (release("r2") / "db").write_bytes(b"second")
    link(kept, release("r2"), "db")
    assert (release("r2") / "db").read_bytes() == b"first"


def test_a_file_that_nobody_brought_does_not_exist_until_it_is_written(folders):
    kept, release = folders
    link(kept, release("r1"), "var/data/notes.txt")
    assert not (release("r1") / "var/data/notes.txt").exists()
    (release("r1") / "var/data/notes.txt").write_text("kept")
    assert (kept / "var/data/notes.txt").read_text() == "kept"


def test_sqlite_works_through_the_link(folders):
    kept, release = folders
    link(kept, release("r1"), "db.sqlite3")
    with sqlite3.connect(release("r1") / "db.sqlite3") as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE t (x)")
        database.execute("INSERT INTO t VALUES (7)")
        assert sorted(os.listdir(kept)) == ["db.sqlite3", "db.sqlite3-shm", "db.sqlite3-wal"]
    database.close()
    link(kept, release("r2"), "db.sqlite3")
    with sqlite3.connect(release("r2") / "db.sqlite3") as database:
        assert database.execute("SELECT x FROM t").fetchone() == (7,)
    database.close()


def test_a_half_copied_seed_is_made_anew(folders):
    kept, release = folders
    kept.mkdir()
    (kept / "db.seed").write_bytes(b"ha")
    (release("r1") / "db").write_bytes(b"whole")
    link(kept, release("r1"), "db")
    assert (kept / "db").read_bytes() == b"whole"


def test_linking_twice_changes_nothing(folders):
    kept, release = folders
    link(kept, release("r1"), "media/")
    (kept / "media/file").write_bytes(b"x")
    link(kept, release("r1"), "media/")
    assert (release("r1") / "media/file").read_bytes() == b"x"


def test_a_path_outside_is_refused(folders):
    kept, release = folders
    with pytest.raises(ValueError, match="leaves"):
        link(kept, release("r1"), "../secret")
