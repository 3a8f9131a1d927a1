import os

from ecluse.keeper import ballast


def size(folder):
    return os.stat(os.path.join(str(folder), "ballast")).st_blocks * 512


def test_ballast_takes_real_space_and_is_given_up_once(tmp_path):
    ballast.load(str(tmp_path))
    assert size(tmp_path) >= ballast.SIZE
    ballast.load(str(tmp_path))
    assert ballast.drop(str(tmp_path))
    assert os.listdir(tmp_path) == []
    assert not ballast.drop(str(tmp_path))


def test_a_folder_that_is_gone_takes_none(tmp_path):
    ballast.load(str(tmp_path / "gone"))
    assert not ballast.drop(str(tmp_path / "gone"))


def test_ballast_never_fills_a_disk_that_is_small_or_full(small_disk):
    ballast.load(str(small_disk))
    assert os.listdir(small_disk) == []
