import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ecluse.keeper.journal import KEPT, Journal

DEPLOYMENT = {"id": "d-1", "release": "r-1", "version": "1.0.0", "slot": "green", "previous": "blue", "generation": 3}


def journal(folder) -> Journal:
    return Journal(str(folder), now=lambda: 1000.0)


def test_an_empty_folder_is_an_empty_journal(tmp_path):
    fresh = journal(tmp_path)
    assert (fresh.open, fresh.finished, fresh.recovered) == (None, [], "")


def test_what_was_begun_is_there_after_a_restart(tmp_path):
    journal(tmp_path).begin(DEPLOYMENT)
    found = journal(tmp_path).open
    assert {key: found[key] for key in DEPLOYMENT} == DEPLOYMENT
    assert found["last_move"] == "begin"


def test_a_move_that_was_not_finished_is_seen_as_such(tmp_path):
    first = journal(tmp_path)
    first.begin(DEPLOYMENT)
    first.before("route", blue=0, green=100)
    found = journal(tmp_path)
    assert (found.open["last_move"], found.open["done"]) == ("route", False)
    assert found.move["detail"] == {"blue": 0, "green": 100}


def test_a_finished_move_is_seen_as_such(tmp_path):
    first = journal(tmp_path)
    first.begin(DEPLOYMENT)
    first.before("start")
    first.after("start", pids=[7])
    found = journal(tmp_path)
    assert (found.open["last_move"], found.open["done"]) == ("start", True)
    assert [(move["name"], move["done"]) for move in found.open["moves"]] == [
        ("begin", True),
        ("start", False),
        ("start", True),
    ]


def test_a_move_outside_a_deployment_is_kept_too(tmp_path):
    journal(tmp_path).before("stop", slot="blue")
    found = journal(tmp_path)
    assert found.open is None
    assert (found.move["name"], found.move["done"], found.move["at"]) == ("stop", False, 1000.0)


@pytest.mark.parametrize("outcome", ["committed", "reverted"])
def test_a_closed_deployment_is_among_the_finished(tmp_path, outcome):
    first = journal(tmp_path)
    first.begin(DEPLOYMENT)
    first.close(outcome, "because")
    found = journal(tmp_path)
    assert found.open is None
    assert found.finished == [{"id": "d-1", "release": "r-1", "outcome": outcome, "why": "because", "at": 1000.0}]


def test_closing_twice_changes_nothing(tmp_path):
    first = journal(tmp_path)
    first.begin(DEPLOYMENT)
    first.close("committed", "")
    first.close("reverted", "too late")
    assert [ended["outcome"] for ended in journal(tmp_path).finished] == ["committed"]


def test_only_the_last_finished_are_kept(tmp_path):
    long = journal(tmp_path)
    for number in range(KEPT + 3):
        long.begin({**DEPLOYMENT, "id": "d-%d" % number})
        long.close("committed", "")
    assert [ended["id"] for ended in journal(tmp_path).finished] == ["d-%d" % number for number in range(3, KEPT + 3)]


@pytest.mark.parametrize("damage", [b"", b"\0" * 300, b"half", b'{"open": null}'])
def test_a_damaged_journal_is_read_from_its_copy(tmp_path, damage):
    first = journal(tmp_path)
    first.begin(DEPLOYMENT)
    first.close("committed", "")
    (tmp_path / "journal.json").write_bytes(damage)
    found = journal(tmp_path)
    assert found.open is None
    assert found.finished[0]["outcome"] == "committed"
    assert "read its copy" in found.recovered


def test_what_was_damaged_is_whole_again_afterwards(tmp_path):
    journal(tmp_path).begin(DEPLOYMENT)
    (tmp_path / "journal.json").write_bytes(b"")
    journal(tmp_path)
    (tmp_path / "journal.json.copy").unlink()
    found = journal(tmp_path)
    assert (found.open["id"], found.recovered) == ("d-1", "")


def test_a_copy_that_a_power_cut_left_behind_is_renewed(tmp_path):
    first = journal(tmp_path)
    first.begin(DEPLOYMENT)
    older = (tmp_path / "journal.json.copy").read_bytes()
    first.close("committed", "")
    (tmp_path / "journal.json.copy").write_bytes(older)
    journal(tmp_path)
    (tmp_path / "journal.json").write_bytes(b"")
    assert journal(tmp_path).open is None


def test_a_missing_journal_is_read_from_its_copy(tmp_path):
    journal(tmp_path).begin(DEPLOYMENT)
    (tmp_path / "journal.json").unlink()
    assert journal(tmp_path).open["id"] == "d-1"


def test_a_journal_damaged_twice_starts_empty_and_says_so(tmp_path):
    journal(tmp_path).begin(DEPLOYMENT)
    for name in ("journal.json", "journal.json.copy"):
        (tmp_path / name).write_bytes(b"?")
    found = journal(tmp_path)
    assert found.open is None
    assert "started empty" in found.recovered


def test_a_file_half_written_by_a_crash_is_ignored(tmp_path):
    journal(tmp_path).begin(DEPLOYMENT)
    (tmp_path / "journal.json.new").write_bytes(b"{")
    found = journal(tmp_path)
    assert (found.open["id"], found.recovered) == ("d-1", "")


def test_the_journal_is_private(tmp_path):
    journal(tmp_path).begin(DEPLOYMENT)
    assert (tmp_path / "journal.json").stat().st_mode & 0o777 == 0o600


MOVES = """
import sys
from ecluse.keeper.journal import Journal
journal = Journal(sys.argv[1])
journal.begin({"id": "d-1"})
journal.before("start")
journal.after("start")
journal.close("committed", "")
"""


def in_a_process(folder: Path, fault: str) -> subprocess.Popen:
    env = {**os.environ, "ECLUSE_FAULT": fault}
    return subprocess.Popen([sys.executable, "-c", MOVES, str(folder)], env=env)


@pytest.mark.parametrize(
    ("point", "last", "done"),
    [
        ("begin.after", "begin", True),
        ("start.before", "start", False),
        ("start.after", "start", True),
        ("close.before", "start", True),
    ],
)
def test_a_kill_at_a_boundary_leaves_what_was_written_there(tmp_path, point, last, done):
    witness = tmp_path / "reached"
    assert in_a_process(tmp_path, f"{point}:kill:{witness}").wait() == -signal.SIGKILL
    assert witness.read_text() == point
    found = journal(tmp_path).open
    assert (found["last_move"], found["done"]) == (last, done)


def test_a_kill_before_the_first_write_leaves_nothing(tmp_path):
    assert in_a_process(tmp_path, "begin.before:kill").wait() == -signal.SIGKILL
    assert journal(tmp_path).open is None


def test_a_kill_after_the_commit_point_leaves_a_commit(tmp_path):
    assert in_a_process(tmp_path, "close.after:kill").wait() == -signal.SIGKILL
    assert journal(tmp_path).finished[0]["outcome"] == "committed"


def test_a_fault_with_a_witness_happens_once(tmp_path):
    witness = tmp_path / "reached"
    fault = f"start.before:kill:{witness}"
    assert in_a_process(tmp_path, fault).wait() == -signal.SIGKILL
    assert in_a_process(tmp_path, fault).wait() == 0


def test_a_stopped_journal_goes_on_when_it_is_continued(tmp_path):
    witness = tmp_path / "reached"
    process = in_a_process(tmp_path, f"start.before:stop:{witness}")
    assert os.WIFSTOPPED(os.waitpid(process.pid, os.WUNTRACED)[1])
    assert journal(tmp_path).open["done"] is False
    process.send_signal(signal.SIGCONT)
    assert process.wait() == 0


def written(folder):
    """The bytes of a journal in the middle of a deployment, and what it says."""
    first = journal(folder)
    first.begin(DEPLOYMENT)
    first.after("route", blue=0, green=100)
    return (folder / "journal.json").read_bytes(), journal(folder).open


def damaged(data):
    """Cut at every byte, and a bit of every byte turned over."""
    yield from (data[:length] for length in range(len(data)))
    yield from (data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :] for at in range(len(data)))


def test_no_damage_to_the_file_changes_what_it_says(tmp_path):
    data, opened = written(tmp_path)
    copy = (tmp_path / "journal.json.copy").read_bytes()
    for bad in damaged(data):
        (tmp_path / "journal.json").write_bytes(bad)
        (tmp_path / "journal.json.copy").write_bytes(copy)
        found = journal(tmp_path)
        assert found.open == opened
        assert found.recovered


def test_no_damage_to_file_and_copy_gives_another_answer_than_none(tmp_path):
    data, _ = written(tmp_path)
    for bad in damaged(data):
        (tmp_path / "journal.json").write_bytes(bad)
        (tmp_path / "journal.json.copy").write_bytes(bad)
        found = journal(tmp_path)
        assert (found.open, found.finished) == (None, [])
        assert "started empty" in found.recovered


def test_that_a_host_was_drained_outlives_its_deployment_and_the_keeper(tmp_path):
    first = journal(tmp_path)
    first.begin(DEPLOYMENT)
    first.drain("d-1")
    assert first.open["last_move"] == "drain"
    first.close("reverted", "its deployer vanished")
    found = journal(tmp_path)
    assert (found.open, found.drained_by) == (None, "d-1")
    found.undrain()
    assert journal(tmp_path).drained_by == ""
