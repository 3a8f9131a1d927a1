import errno

import pytest

from ecluse.keeper.durable import replace, room
from ecluse.wire.codes import DISK_FULL, OrderError


def test_a_replaced_file_has_the_new_bytes_and_mode(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    replace(str(path), b"new")
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_full_disk_is_named(tmp_path):
    with pytest.raises(OrderError) as error, room(str(tmp_path)):
        raise OSError(errno.ENOSPC, "full")
    assert error.value.code == DISK_FULL
    assert error.value.evidence["folder"] == str(tmp_path)


def test_other_errors_pass(tmp_path):
    with pytest.raises(PermissionError), room(str(tmp_path)):
        raise PermissionError(errno.EACCES, "no")


def test_a_real_full_disk_leaves_the_old_file():
    """/dev/full answers each write with ENOSPC (full(4)); it can't be renamed, so the error is asked of it alone."""
    with pytest.raises(OrderError) as error, room("/dev"), open("/dev/full", "wb", buffering=0) as full:
        full.write(b"x")
    assert error.value.code == DISK_FULL
