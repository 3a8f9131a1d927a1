import os
import time
from itertools import count
from types import SimpleNamespace

import pytest

from ecluse.loop.code import reused
from ecluse.loop.code.reused import Reused

INSIDE = "inside"


@pytest.fixture
def discarded():
    return []


@pytest.fixture
def folders(tmp_path, discarded):
    numbers = count()

    def make():
        folder = tmp_path / f"folder{next(numbers)}"
        (folder / INSIDE).mkdir(parents=True)
        return folder

    return Reused(make, discarded.append, (INSIDE,))


def settle(folders, lent):
    """Until a change would give it another time, which is known then."""
    folders.take(lent, time.monotonic())
    time.sleep(2 * reused._SETTLED)
    assert folders.lend() == lent
    folders.take(lent, time.monotonic())
    assert folders.lend() == lent


def test_what_was_left_as_it_was_is_lent_again(folders, discarded):
    first, second = folders.lend(), folders.lend()
    folders.take(first, time.monotonic())
    assert folders.lend() == first != second
    assert discarded == []


def replaced(folder):
    """By a link to a folder that is empty, too."""
    (folder / INSIDE).rmdir()
    (folder.parent / "elsewhere").mkdir()
    (folder / INSIDE).symlink_to(folder.parent / "elsewhere")


@pytest.mark.parametrize("is_known", [False, True])
@pytest.mark.parametrize(
    "spoil",
    [
        lambda folder: (folder / "x").touch(),
        lambda folder: (folder / INSIDE / "x").touch(),
        lambda folder: (folder / INSIDE).rmdir(),
        lambda folder: ((folder / INSIDE).rmdir(), folder.rmdir()),
        lambda folder: folder.chmod(0o500),
        lambda folder: (folder / INSIDE).chmod(0o500),
        lambda folder: ((folder / "x").touch(), os.utime(folder, ns=(1, 1))),
        replaced,
    ],
)
def test_what_was_changed_is_lent_to_nobody(folders, discarded, spoil, is_known):
    first = folders.lend()
    if is_known:
        settle(folders, first)
    spoil(first)
    folders.take(first, time.monotonic())
    second = folders.lend()
    assert (second != first, discarded) == (True, [first])
    assert list(second.rglob("*")) == [second / INSIDE]


def test_what_was_made_and_removed_again_is_no_change(folders):
    first = folders.lend()
    settle(folders, first)
    folders.take(first, time.monotonic())
    for _ in range(3):
        again = folders.lend()
        (again / "x").touch()
        (again / "x").unlink()
        folders.take(again, time.monotonic())
    assert folders.lend() == first


def test_where_nothing_has_changed_nothing_is_listed(folders, monkeypatch):
    first = folders.lend()
    settle(folders, first)
    monkeypatch.setattr(os, "listdir", None)
    folders.take(first, time.monotonic())
    assert folders.lend() == first


def test_a_time_of_whole_seconds_says_nothing(folders, monkeypatch):
    """Of a file system that knows no others, a change within the same second has the same time."""
    monkeypatch.setattr(reused, "_SECOND", 1)
    first = folders.lend()
    settle(folders, first)
    assert folders._known == {}


def test_a_time_that_was_first_seen_just_now_says_nothing_however_old_it_is(folders, discarded, monkeypatch):
    """The clock of a mounted folder's machine is late: the next change may have the same time."""
    late = 3_600_000_000_000

    def lstat(path, real=os.lstat):
        found = real(path)
        times = {"st_ctime_ns": found.st_ctime_ns // late * late + 1}
        return SimpleNamespace(st_mode=found.st_mode, **times)

    monkeypatch.setattr(os, "lstat", lstat)
    first = folders.lend()
    folders.take(first, time.monotonic())
    assert folders.lend() == first
    (first / "x").touch()
    folders.take(first, time.monotonic())
    assert discarded == [first]
