"""Notes on what runs, and the end of what a run has left that was killed."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from ecluse.system import kernel
from ecluse.system.remains import Notes, end_remains, unfinished

BOOT = Path("/proc/sys/kernel/random/boot_id").read_text()


@pytest.fixture
def group():
    """A shell that leads a session, with a child in it and one that has left it."""
    script = "sleep 600 & setsid sh -c 'sleep 600 & echo begun; wait' & wait; exec sleep 600"
    process = subprocess.Popen(["sh", "-c", script], start_new_session=True, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "begun\n"
    yield process
    process.stdout.close()
    process.kill()
    process.wait()


def left(folder, *lines):
    """The notes of a run that was killed."""
    folder.mkdir(exist_ok=True)
    (folder / "notes").write_text("".join([BOOT, "\n", *(f"{line}\n" for line in lines)]))


def test_what_is_begun_and_not_over_is_unfinished():
    assert unfinished(f"{BOOT}/group\n11 100\n12 200\n-11\n13 300\n-13\n13 400\n") == ("/group", {12: 200, 13: 400})


@pytest.mark.parametrize("notes", ["", "another boot\n/group\n11 100\n", f"{BOOT}\n11", f"{BOOT}\n11 \n-\nx y\n\0\n"])
def test_notes_of_another_boot_or_cut_off_name_nothing(notes):
    assert unfinished(notes) == ("", {})


def test_a_step_that_was_left_is_ended_with_its_descendants(tmp_path, group):
    left(tmp_path, f"{group.pid} {kernel.born(group.pid)}")
    assert end_remains(tmp_path) >= 4
    assert group.wait(10) == -signal.SIGKILL
    assert group.stdout.read() == ""  # nobody holds the other end
    assert list(tmp_path.iterdir()) == []
    assert end_remains(tmp_path) == 0


def test_a_number_that_another_process_has_now_is_left_alone(tmp_path, group):
    left(tmp_path, f"{group.pid} {kernel.born(group.pid) - 1}", f"{os.getpid()} 1")
    assert end_remains(tmp_path) == 0
    assert group.poll() is None


def test_the_notes_of_a_run_that_lives_are_left_alone(tmp_path, group):
    notes = Notes(tmp_path / "running")
    with notes.path.open("a") as file:
        file.write(f"{group.pid} {kernel.born(group.pid)}\n")
    assert end_remains(tmp_path / "running") == 0
    assert group.poll() is None
    notes.close()
    assert list((tmp_path / "running").iterdir()) == []


def test_a_folder_that_is_not_there_holds_nothing(tmp_path):
    assert end_remains(tmp_path / "none") == 0
