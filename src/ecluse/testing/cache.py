"""The contract of every step cache. Whoever writes one subclasses this and gives the fixture `cache`."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import pytest

from ecluse.model.ids import Digest
from ecluse.ports.cache import StepCache

KEY, OTHER = "a" * 64, "b" * 64
LONG_AGO, LONG_AFTER = datetime(2000, 1, 1, tzinfo=UTC), datetime(2999, 1, 1, tzinfo=UTC)


def file(folder: Path, content: bytes, name: str = "file") -> tuple[Digest, Path]:
    path = folder / name
    path.write_bytes(content)
    return Digest(f"sha256:{hashlib.sha256(content).hexdigest()}"), path


class StepCacheContract:
    @pytest.fixture
    def cache(self) -> StepCache:
        raise NotImplementedError("give the cache that is to be tested")

    def test_what_was_put_is_got(self, cache: StepCache) -> None:
        cache.put(KEY, b"one")
        assert (cache.get(KEY), cache.get(OTHER)) == (b"one", None)

    def test_what_is_put_last_is_got(self, cache: StepCache) -> None:
        cache.put(KEY, b"one")
        cache.put(KEY, b"another")
        assert cache.get(KEY) == b"another"

    def test_a_removed_document_is_gone_and_may_be_removed_again(self, cache: StepCache) -> None:
        cache.put(KEY, b"one")
        cache.remove(KEY, OTHER)
        cache.remove(KEY)
        assert cache.get(KEY) is None

    def test_a_file_comes_back_as_it_was(self, cache: StepCache, tmp_path: Path) -> None:
        digest, path = file(tmp_path, b"\0content" * 300_000)
        cache.keep(digest, path)
        cache.keep(digest, path)
        assert cache.holds(digest, path.stat().st_size)
        assert cache.fetch(digest, tmp_path / "back")
        assert (tmp_path / "back").read_bytes() == path.read_bytes()

    def test_a_file_that_was_never_kept_leaves_nothing(self, cache: StepCache, tmp_path: Path) -> None:
        digest, _ = file(tmp_path, b"content")
        assert not cache.holds(digest, 7)
        assert not cache.fetch(digest, tmp_path / "back")
        assert not (tmp_path / "back").exists()

    def test_a_file_that_isn_t_what_its_name_says_is_never_given(self, cache: StepCache, tmp_path: Path) -> None:
        digest, _ = file(tmp_path, b"content")
        _, other = file(tmp_path, b"another", "other")
        cache.keep(digest, other)
        assert not cache.fetch(digest, tmp_path / "back")
        assert not (tmp_path / "back").exists()

    def test_documents_are_listed_with_when_they_were_used(self, cache: StepCache) -> None:
        cache.put(KEY, b"one")
        cache.put(OTHER, b"three")
        listed = {shelved.key: (shelved.size, document) for shelved, document in cache.documents()}
        assert listed == {KEY: (3, b"one"), OTHER: (5, b"three")}
        assert all(LONG_AGO < shelved.used < LONG_AFTER for shelved, _ in cache.documents())

    def test_a_sweep_takes_what_nothing_names(self, cache: StepCache, tmp_path: Path) -> None:
        named, path = file(tmp_path, b"named", "named")
        lost, other = file(tmp_path, b"lost!!", "lost")
        cache.keep(named, path)
        cache.keep(lost, other)
        assert cache.sweep(frozenset((named,)), LONG_AFTER) == len(b"lost!!")
        assert (cache.holds(named, 5), cache.holds(lost, 6)) == (True, False)

    def test_a_sweep_leaves_what_has_just_come(self, cache: StepCache, tmp_path: Path) -> None:
        digest, path = file(tmp_path, b"content")
        cache.keep(digest, path)
        assert cache.sweep(frozenset(), LONG_AGO) == 0
        assert cache.holds(digest, 7)

    def test_a_sweep_takes_what_is_known_to_be_gone_however_new_it_is(self, cache: StepCache, tmp_path: Path) -> None:
        gone, path = file(tmp_path, b"gone", "gone")
        named, other = file(tmp_path, b"named", "named")
        cache.keep(gone, path)
        cache.keep(named, other)
        cache.sweep(frozenset((named,)), LONG_AGO, frozenset((gone, named)))
        assert (cache.holds(gone, 4), cache.holds(named, 5)) == (False, True)

    def test_two_that_put_the_same_at_once_leave_it_whole(self, cache: StepCache, tmp_path: Path) -> None:
        digest, path = file(tmp_path, b"content" * 200_000)
        document = b"d" * 200_000

        def put() -> None:
            for _ in range(5):
                cache.put(KEY, document)
                cache.keep(digest, path)

        threads = [Thread(target=put) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert cache.get(KEY) == document
        assert cache.fetch(digest, tmp_path / "back")
