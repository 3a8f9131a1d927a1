import errno
import hashlib
import os
import threading
import time

import pytest

from ecluse.keeper.store import Store, prune
from ecluse.wire.codes import BAD_ORDER, DISK_FULL, STAGING_FAILED, OrderError

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
    assert store.look([OTHER, DIGEST, DIGEST]) == ([OTHER], len(DATA))


def test_pieces_make_a_whole(store):
    store.put(DIGEST, 0, DATA[:5], last=False)
    assert store.missing([DIGEST]) == [DIGEST]
    store.put(DIGEST, 5, DATA[5:], last=True)
    assert content(store) == DATA


def test_a_piece_may_come_again(store):
    store.put(DIGEST, 0, DATA[:9], last=False)
    store.put(DIGEST, 5, DATA[5:], last=True)
    assert content(store) == DATA


def test_after_a_gap_it_goes_on_from_what_is_there(store):
    assert store.put(DIGEST, 0, DATA[:5], last=False) == (5, False)
    assert store.put(DIGEST, 6, DATA[6:], last=True) == (5, False)
    assert store.put(DIGEST, 5, DATA[5:], last=True) == (len(DATA), True)
    assert content(store) == DATA


def test_what_came_before_a_break_is_told(store):
    assert store.expect({DIGEST: len(DATA), OTHER: 4}) == {DIGEST: 0, OTHER: 0}
    store.put(DIGEST, 0, DATA[:5], last=False)
    assert Store(store.folder).expect({DIGEST: len(DATA), OTHER: 4}) == {DIGEST: 5, OTHER: 0}


def test_a_beginning_that_is_longer_than_the_file_is_thrown_away(store):
    store.put(DIGEST, 0, DATA + b"more", last=False)
    assert store.expect({DIGEST: len(DATA)}) == {DIGEST: 0}
    assert store.put(DIGEST, 0, DATA, last=True).whole


def test_a_wrong_beginning_is_thrown_away_at_the_end(store):
    store.put(DIGEST, 0, b"wrong", last=False)
    with pytest.raises(OrderError) as error:
        store.put(DIGEST, 5, DATA[5:], last=True)
    assert error.value.code == STAGING_FAILED
    assert store.expect({DIGEST: len(DATA)}) == {DIGEST: 0}


def test_what_has_no_room_is_refused_before_it_comes(store):
    store.put(OTHER, 0, b"half", last=False)
    with pytest.raises(OrderError) as error:
        store.expect({DIGEST: 1 << 60, OTHER: 8})
    assert (error.value.code, error.value.evidence["needed_bytes"]) == (DISK_FULL, (1 << 60) + 4)
    assert store.expect({OTHER: 8}) == {OTHER: 4}


def test_two_may_send_the_same_file_at_once(store):
    data = os.urandom(200_000)
    digest = "sha256:" + hashlib.sha256(data).hexdigest()
    ends = []

    def send(size):
        here, whole = 0, False
        while not whole:
            piece = data[here : here + size]
            here, whole = store.put(digest, here, piece, last=len(piece) < size)
        ends.append(size)

    senders = [threading.Thread(target=send, args=(size,)) for size in (1000, 1700, 4096)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join(30)
    assert sorted(ends) == [1000, 1700, 4096]
    assert content(store, digest) == data


def test_what_nobody_goes_on_with_is_removed_after_a_day(store):
    store.put(DIGEST, 0, DATA[:5], last=False)
    store.put(OTHER, 0, b"half", last=False)
    old = time.time() - 25 * 3600
    os.utime(os.path.join(store.folder, "incoming", OTHER[7:]), (old, old))
    assert prune(store.folder) == 4
    assert store.expect({DIGEST: len(DATA), OTHER: 8}) == {DIGEST: 5, OTHER: 0}


def test_nothing_to_remove_where_nothing_ever_came(store):
    assert prune(store.folder) == 0


def test_wrong_bytes_are_refused_and_leave_nothing(store):
    with pytest.raises(OrderError) as error:
        store.put(OTHER, 0, DATA, last=True)
    assert error.value.code == STAGING_FAILED
    assert [name for _, _, names in os.walk(store.folder) for name in names] == []


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
