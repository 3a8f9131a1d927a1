import sqlite3
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from ecluse.ledger.sqlite.problems import problem, told
from ecluse.model.problem import ProblemError


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (sqlite3.SQLITE_NOTADB, "L001"),
        (sqlite3.SQLITE_CORRUPT, "L001"),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, "L003"),
        (sqlite3.SQLITE_LOCKED, "L003"),
        (sqlite3.SQLITE_READONLY_DIRECTORY, "L004"),
        (sqlite3.SQLITE_CANTOPEN, "L004"),
        (sqlite3.SQLITE_IOERR_WRITE, "L004"),
        (sqlite3.SQLITE_FULL, "L005"),
    ],
)
def test_every_code_has_its_problem(code, expected):
    assert problem(Path("/x/ledger.db"), code, "said").code == expected


@pytest.mark.parametrize("code", [sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_CANTOPEN])
def test_a_vague_error_on_a_full_disk_is_told_as_a_full_disk(small_disk, code):
    with suppress(OSError), (small_disk / "filling").open("wb", buffering=0) as filling:
        while True:
            filling.write(bytes(4096))
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = code
    with pytest.raises(ProblemError) as told_as, told(small_disk / "ledger.db"):
        raise error
    assert told_as.value.problems[0].code == "L005"


def test_a_vague_error_on_a_disk_with_room_is_not_a_full_disk(tmp_path):
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR_WRITE
    with pytest.raises(ProblemError) as told_as, told(tmp_path / "ledger.db"):
        raise error
    assert told_as.value.problems[0].code == "L004"


@pytest.fixture
def small_disk(tmp_path):
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(tmp_path)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("a file system can't be mounted here")
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)
