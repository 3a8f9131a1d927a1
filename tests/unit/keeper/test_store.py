import errno
import hashlib
import os

import pytest

from ecluse.keeper.store import Store
from ecluse.wire.codes import BAD_ORDER, STAGING_FAILED, OrderError

DATA = b"some bytes of a wheel"
DIGEST = "sha256:" + hashlib.sha256(DATA).hexdigest()
OTHER = "sha256:" + "0" * 64


@pytest.fixture
def store(tmp_path):
    return Store(str(tmp_path / "store"))


def content(store, digest=DIGEST):
    with open(store.path(digest), "rb") as file:
        return file.read()


def test_what_was_put_is_there(store):
    store.put(DIGEST, 0, DATA, last=True)
    assert content(store) == DATA
    assert store.missing([OTHER, DIGEST, OTHER]) == [OTHER]


def test_pieces_make_a_whole(store):
    store.put(DIGEST, 0, DATA[:5], last=False)
    assert store.missing([DIGEST]) == [DIGEST]
    store.put(DIGEST, 5, DATA[5:], last=True)
    assert content(store) == DATA


def test_a_piece_may_come_again(store):
    store.put(DIGEST, 0, DATA[:9], last=False)
    store.put(DIGEST, 5, DATA[5:], last=True)
    assert content(store) == DATA


def test_a_gap_is_refused_and_says_what_is_there(store):
    store.put(DIGEST, 0, DATA[:5], last=False)
    with pytest.raises(OrderError) as error:
        store.put(DIGEST, 6, DATA[6:], last=True)
    assert (error.value.code, error.value.evidence) == (BAD_ORDER, {"size": 5})


def test_wrong_bytes_are_refused_and_leave_nothing(store):
    with pytest.raises(OrderError) as error:
        store.put(OTHER, 0, DATA, last=True)
    assert error.value.code == STAGING_FAILED
    assert os.listdir(store.folder) == []


def test_an_entry_is_never_written_again(store):
    store.put(DIGEST, 0, DATA, last=True)
    store.put(DIGEST, 0, b"x", last=False)
    assert content(store) == DATA


def test_an_entry_is_read_only(store):
    store.put(DIGEST, 0, DATA, last=True)
    assert os.stat(store.path(DIGEST)).st_mode & 0o777 == 0o444


def test_a_file_of_this_machine_is_linked(store, tmp_path):
    source = tmp_path / "wheel"
    source.write_bytes(DATA)
    store.link(DIGEST, str(source))
    assert os.path.samefile(store.path(DIGEST), source)


def test_linking_twice_is_nothing_to_do(store, tmp_path):
    source = tmp_path / "wheel"
    source.write_bytes(DATA)
    store.link(DIGEST, str(source))
    store.link(DIGEST, str(tmp_path / "not there"))
    assert content(store) == DATA


def test_a_linked_file_is_verified(store, tmp_path):
    source = tmp_path / "wheel"
    source.write_bytes(b"changed")
    with pytest.raises(OrderError) as error:
        store.link(DIGEST, str(source))
    assert error.value.code == STAGING_FAILED
    assert source.read_bytes() == b"changed"
    assert store.missing([DIGEST]) == [DIGEST]


def test_a_half_made_link_is_made_anew(store, tmp_path):
    source = tmp_path / "wheel"
    source.write_bytes(DATA)
    store.put(DIGEST, 0, b"old", last=False)
    store.link(DIGEST, str(source))
    assert content(store) == DATA


def test_a_file_of_another_file_system_is_copied(store):
    if os.stat("/dev/shm").st_dev == os.stat(store.folder).st_dev:
        pytest.skip("one file system")
    source = "/dev/shm/ecluse-test-%d" % os.getpid()
    with open(source, "wb") as file:
        file.write(DATA)
    try:
        store.link(DIGEST, source)
    finally:
        os.unlink(source)
    assert content(store) == DATA


def test_a_source_that_is_gone_is_an_error(store, tmp_path):
    with pytest.raises(OSError) as error:
        store.link(DIGEST, str(tmp_path / "gone"))
    assert error.value.errno == errno.ENOENT


@pytest.mark.parametrize(
    "wrong", ["", "md5:abc", "sha256:../../etc/passwd", "sha256:" + "G" * 64, "sha256:" + "a" * 63]
)
def test_a_name_that_is_no_digest_is_refused(store, wrong):
    with pytest.raises(OrderError) as error:
        store.put(wrong, 0, DATA, last=True)
    assert error.value.code == BAD_ORDER


def test_forgetting_keeps_what_is_named(store):
    store.put(DIGEST, 0, DATA, last=True)
    more = b"more"
    second = "sha256:" + hashlib.sha256(more).hexdigest()
    store.put(second, 0, more, last=True)
    store.put(OTHER, 0, b"half", last=False)
    assert store.forget([DIGEST]) == 8
    assert store.missing([DIGEST, second, OTHER]) == [second, OTHER]
