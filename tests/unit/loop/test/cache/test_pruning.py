"""Which results go. Pure but for the last."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ecluse.loop.test.cache.entry import CacheEntry, KeptFile, to_document
from ecluse.loop.test.cache.pruning import Result, going, prune
from ecluse.model.cache import CachePolicy
from ecluse.ports.cache import Shelved
from ecluse.system.cache import FolderCache

NOW = datetime(2026, 1, 31, tzinfo=UTC)
ENTRY = CacheEntry(step="a", parts={}, commit="c", at="", seconds=0)


def result(key, days, *files):
    papers = tuple(KeptFile(path=name, digest=name, size=size) for name, size in files)
    return Result(Shelved(key=key, size=10, used=NOW - timedelta(days=days)), replace(ENTRY, papers=papers))


def gone(*results, **policy):
    return set(going(results, CachePolicy(**policy), NOW))


def test_what_nobody_used_for_too_long_goes():
    assert gone(result("old", 8), result("new", 6), age=timedelta(days=7)) == {"old"}


def test_the_longest_unused_go_when_there_are_too_many():
    results = [result(str(days), days, (f"f{days}", 90)) for days in range(5)]
    assert gone(*results, size=250) == {"2", "3", "4"}


def test_one_that_has_no_room_at_all_takes_no_other_along():
    assert gone(result("big", 1, ("f", 900)), result("small", 2, ("g", 10)), size=500) == {"big"}


def test_a_file_that_two_name_takes_room_once():
    assert gone(result("a", 1, ("f", 90)), result("b", 2, ("f", 90)), size=120) == set()


def test_what_can_t_be_read_goes():
    assert gone(Result(Shelved(key="torn", size=1, used=NOW), None)) == {"torn"}


def test_files_go_with_the_last_that_names_them(tmp_path):
    cache = FolderCache(tmp_path / "cache")
    (tmp_path / "file").write_bytes(b"content")
    cache.keep("sha256:" + "a" * 64, tmp_path / "file")
    entry = replace(ENTRY, papers=(KeptFile(path="x", digest="sha256:" + "a" * 64, size=7),))
    cache.put("b" * 64, to_document(entry))
    later = datetime(2999, 1, 1, tzinfo=UTC)
    prune(cache, CachePolicy(), later)
    assert (cache.get("b" * 64), cache.holds("sha256:" + "a" * 64, 7)) == (None, False)


def test_a_file_of_a_result_that_is_just_being_put_stays(tmp_path):
    cache = FolderCache(tmp_path / "cache")
    (tmp_path / "file").write_bytes(b"content")
    cache.keep("sha256:" + "a" * 64, tmp_path / "file")
    prune(cache, CachePolicy(), datetime.now(UTC))
    assert cache.holds("sha256:" + "a" * 64, 7)
