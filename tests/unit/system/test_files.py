"""Files that are either the old or the new content."""

import errno
import stat

import pytest

from ecluse.model.problem import ProblemError
from ecluse.system.files import disk_problem, write_atomically


def test_a_file_is_replaced_as_a_whole_with_the_mode_asked_for(tmp_path):
    path = tmp_path / "new" / "file"
    write_atomically(path, "one")
    write_atomically(path, b"two", mode=0o600)
    assert path.read_text() == "two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_a_failed_write_leaves_the_old_content_and_nothing_else(tmp_path):
    path = tmp_path / "file"
    path.mkdir()
    with pytest.raises(ProblemError):
        write_atomically(path, "one")
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "S010"),
        (errno.EDQUOT, "S010"),
        (errno.EACCES, "S011"),
        (errno.EROFS, "S011"),
        (errno.EIO, "S012"),
    ],
)
def test_each_kind_of_disk_error_has_its_code_and_a_fix(tmp_path, number, code):
    problem = disk_problem(OSError(number, "why", str(tmp_path)), tmp_path)
    assert problem.code == code
    assert problem.fix
    assert str(tmp_path) in str(problem)
