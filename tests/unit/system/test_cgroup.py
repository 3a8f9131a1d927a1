"""The groups of the real kernel, where it lets us make some."""

import multiprocessing
from pathlib import Path

import pytest

from ecluse.system import cgroup

ROUNDS = 500


@pytest.fixture
def groups():
    try:
        made = [cgroup.make() for _ in range(ROUNDS)]
    except OSError as error:
        pytest.skip(f"this system has no control groups to write to: {error}")
    yield made
    for group in made:
        cgroup.end(group)


def end_each(groups: list[Path], together) -> None:
    for group in groups:
        together.wait(20)
        cgroup.end(group)


def test_two_who_end_a_group_at_once_both_find_it_ended(groups):
    together = multiprocessing.Barrier(2)
    other = multiprocessing.Process(target=end_each, args=(groups, together))
    other.start()
    try:
        end_each(groups, together)
        other.join(20)
        assert other.exitcode == 0
    finally:
        other.kill()
    assert not any(group.exists() for group in groups)


def test_what_is_not_there_is_ended(tmp_path):
    cgroup.end(tmp_path / "never made")
