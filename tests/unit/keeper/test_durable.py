import errno
import os

import pytest

from ecluse.keeper.durable import SealedFile, replace, room
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


def fill(folder):
    with open(folder / "filling", "wb", buffering=0) as file:
        try:
            while file.write(b"x" * 4096):
                pass
        except OSError:
            return


def test_a_full_disk_leaves_the_old_file_and_nothing_half_written(small_disk):
    path = small_disk / "file"
    replace(str(path), b"old")
    fill(small_disk)
    with pytest.raises(OrderError) as error:
        replace(str(path), b"n" * 8192)
    assert (error.value.code, error.value.evidence["folder"]) == (DISK_FULL, str(small_disk))
    assert path.read_bytes() == b"old"
    assert sorted(os.listdir(small_disk)) == ["file", "filling"]


def test_on_a_full_disk_the_ballast_makes_room_once(small_disk):
    (small_disk / "ballast").write_bytes(b"b" * 32768)
    fill(small_disk)
    replace(str(small_disk / "file"), b"n" * 8192)
    assert (small_disk / "file").read_bytes() == b"n" * 8192
    assert not (small_disk / "ballast").exists()


def test_an_order_does_not_fail_for_the_copy_of_its_record(tmp_path):
    (tmp_path / "record.json.copy").mkdir()
    record = SealedFile(str(tmp_path / "record.json"))
    record.save({"n": 1})
    (tmp_path / "record.json.copy").rmdir()
    assert record.load() == {"n": 1}


def test_a_record_is_read_on_a_full_disk_though_its_copy_can_not_be_made(small_disk):
    record = SealedFile(str(small_disk / "record.json"))
    record.save({"n": 1})
    fill(small_disk)
    os.truncate(small_disk / "filling", os.path.getsize(small_disk / "filling") - 2 * 4096)
    record.save({"n": 2, "long": "x" * 5000})
    assert SealedFile(record.path).load() == {"n": 2, "long": "x" * 5000}


def test_a_copy_that_could_not_be_made_brings_no_older_record_back(tmp_path, monkeypatch):
    record = SealedFile(str(tmp_path / "record.json"))
    record.save({"n": 1})
    monkeypatch.setattr("ecluse.keeper.durable.replace", refusing(record.copy))
    record.save({"n": 2})
    monkeypatch.undo()
    (tmp_path / "record.json").write_bytes(b"damaged")
    again = SealedFile(record.path)
    assert again.load() is None
    assert "started empty" in again.recovered


@pytest.mark.parametrize("damaged", ["record.json", "record.json.copy"])
def test_a_record_that_can_not_be_mended_is_read(tmp_path, monkeypatch, damaged):
    SealedFile(str(tmp_path / "record.json")).save({"n": 1})
    (tmp_path / damaged).write_bytes(b"damaged")
    monkeypatch.setattr("ecluse.keeper.durable.replace", refusing(str(tmp_path / damaged)))
    assert SealedFile(str(tmp_path / "record.json")).load() == {"n": 1}


def refusing(full):
    """`replace`, on a disk that is full for one path."""

    def refuse(path, data, *, flush=True):
        if path == full:
            raise OrderError(DISK_FULL, "no space left")
        replace(path, data, flush=flush)

    return refuse
