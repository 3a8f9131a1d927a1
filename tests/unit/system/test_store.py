"""The content store."""

import hashlib
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from ecluse.model.problem import ProblemError
from ecluse.system.store import FolderStore

HELLO = "sha256:" + hashlib.sha256(b"hello").hexdigest()


@pytest.fixture
def store(tmp_path):
    return FolderStore(tmp_path / "store")


def test_bytes_are_found_by_their_digest(store):
    assert store.put_bytes(b"hello") == HELLO
    assert store.has(HELLO)
    assert store.path(HELLO).read_bytes() == b"hello"


def test_a_file_and_the_same_bytes_are_one_entry(store, tmp_path):
    (tmp_path / "file").write_bytes(b"hello")
    assert store.put_file(tmp_path / "file") == store.put_bytes(b"hello") == HELLO
    assert len([path for path in store.path(HELLO).parent.parent.rglob("*") if path.is_file()]) == 1


def test_an_entry_is_read_only(store):
    assert stat.S_IMODE(store.path(store.put_bytes(b"hello")).stat().st_mode) == 0o444


def test_what_is_not_there_is_a_key_error(store):
    assert not store.has(HELLO)
    with pytest.raises(KeyError):
        store.path(HELLO)


@pytest.mark.parametrize("name", ["sha256:../../etc/passwd", "sha256:" + "../" * 21 + "a", "hello", ""])
def test_a_name_that_is_no_digest_is_a_key_error(store, name):
    with pytest.raises(KeyError):
        store.has(name)


def test_a_torn_entry_is_healed_by_the_next_put(store):
    place = store.path(store.put_bytes(b"hello"))
    place.chmod(0o644)
    place.write_bytes(b"he")
    store.put_bytes(b"hello")
    assert place.read_bytes() == b"hello"


def test_two_may_put_the_same_at_once(store):
    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(store.put_bytes, [b"hello"] * 64)) == {HELLO}
    assert store.path(HELLO).read_bytes() == b"hello"


def test_a_folder_that_cannot_be_written_is_a_problem(tmp_path):
    (tmp_path / "store").write_text("a file in the way")
    with pytest.raises(ProblemError) as caught:
        FolderStore(tmp_path / "store").put_bytes(b"hello")
    assert caught.value.problems[0].code == "S012"
