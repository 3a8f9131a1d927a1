"""What a page loads, and databases that can't be read for a moment."""

import os
import sqlite3
from contextlib import closing

import pytest

from ecluse.serving.links import links
from ecluse.serving.spoiling import databases, spoiled

PAGE = """<!doctype html><link rel=stylesheet href=/static/a.css?v=1><link rel="canonical" href="/x">
<script src="js/b.js"></script><img src='../c.png'><script src="https://cdn.example.org/d.js"></script>
<img src="data:image/png;base64,AAAA"><script>var a = "<img src=/no.png>"</script><link rel="icon" href="//[bad">
<script src="http://localhost/e.js#x"></script><script src=/static/a.css?v=1></script><img src="">"""


def test_a_page_loads_what_lies_on_its_own_site():
    assert links(PAGE, "/shop/list", "localhost") == ["/static/a.css?v=1", "/shop/js/b.js", "/c.png", "/e.js"]


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "data" / "shop.db"
    path.parent.mkdir()
    with sqlite3.connect(path) as connection:
        connection.execute("create table t (a)")
    connection.close()
    return path


def test_databases_are_known_by_their_first_bytes(database, tmp_path):
    (tmp_path / "other.db").write_text("no database")
    (tmp_path / "link.db").symlink_to(database)
    assert databases(str(tmp_path)) == [str(database)]


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_a_spoiled_database_fails_for_who_has_it_open_and_is_then_as_it_was(database, mode):
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute(f"pragma journal_mode={mode}")
    connection.execute("insert into t values (1)")
    before, times = database.read_bytes(), database.stat().st_mtime_ns
    with closing(sqlite3.connect(database)) as other, spoiled([str(database)]), pytest.raises(sqlite3.DatabaseError):
        other.execute("select * from t")
    assert (database.read_bytes(), database.stat().st_mtime_ns) == (before, times)
    assert connection.execute("select * from t").fetchall() == [(1,)]
    connection.close()


def test_a_file_that_goes_meanwhile_is_no_harm(tmp_path):
    with spoiled([str(tmp_path / "gone")]):
        assert os.listdir(tmp_path) == []
