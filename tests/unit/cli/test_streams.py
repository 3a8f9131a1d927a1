"""Whoever reads what we print may be gone: the work goes on, and its exit code stays."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from ecluse.cli.streams import has_input

ECLUSE = (sys.executable, "-m", "ecluse")
QUIET = """
import sys
from ecluse.cli import streams
streams.forgive()
for _ in range(50_000):
    print("a line that nobody reads", file=sys.{stream})
sys.{stream}.flush()
{more}
sys.exit(7)
"""


def run(code, **streams):
    return subprocess.run([sys.executable, "-c", code], stdin=subprocess.DEVNULL, timeout=30, check=False, **streams)


@pytest.fixture
def abandoned():
    """The writing end of a pipe whose reader is gone."""
    reads, writes = os.pipe()
    os.close(reads)
    yield writes
    os.close(writes)


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_reader_that_is_gone_ends_nothing(abandoned, stream):
    code = QUIET.format(stream=stream, more="assert streams.trouble(sys.stdout) is None")
    other = {"stdout": "stderr", "stderr": "stdout"}[stream]
    done = run(code, **{stream: abandoned, other: subprocess.PIPE})
    assert (done.returncode, getattr(done, other)) == (7, b"")


def test_a_full_disk_is_somebodys_loss():
    with Path("/dev/full").open("w") as full:
        done = run(QUIET.format(stream="stdout", more="print(streams.trouble(sys.stdout), file=sys.stderr)"),
                   stdout=full, stderr=subprocess.PIPE)  # fmt: skip
    assert (done.returncode, done.stderr) == (7, b"[Errno 28] No space left on device\n")


def test_an_answer_that_is_lost_is_told(tmp_path):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([*ECLUSE, "events"], cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, check=False)
        assert done.returncode == 0, "nothing was to be written"
        done = subprocess.run([*ECLUSE, "explain"], cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 2
    assert b"could not be written to standard output (No space left on device)   [S013]" in done.stderr


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&- <&-"])
def test_streams_that_were_closed_are_nowhere(tmp_path, closed):
    command = f"{sys.executable} -m ecluse explain {closed}"
    done = subprocess.run(["/bin/sh", "-c", command], cwd=tmp_path, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_an_interrupt_before_the_work_begins_has_its_own_code():
    code = """
import signal, sys
from ecluse.cli import main
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's job in the background ignores it
def interrupt(name):
    signal.raise_signal(signal.SIGINT)
main.importlib.import_module = interrupt
sys.argv = ["ecluse", "ship"]
main.main()
"""
    done = run(code, capture_output=True, text=True)
    assert done.returncode == 130
    assert "interrupted   [D023]" in done.stderr


def test_a_name_that_is_no_text_is_shown_escaped():
    done = run("from ecluse.cli import streams; streams.forgive(); print('bad\\udcff.txt')", stdout=subprocess.PIPE)
    assert done.stdout == b"bad\\udcff.txt\n"


def test_what_is_piped_is_noticed_and_left_unread(tmp_path):
    reads, writes = os.pipe()
    assert not has_input(reads)
    os.write(writes, b"y\n")
    assert has_input(reads)
    assert os.read(reads, 10) == b"y\n"
    os.close(writes)
    assert not has_input(reads)
    os.close(reads)
    assert not has_input(reads)
    terminal, other = pty.openpty()
    os.write(terminal, b"y\n")
    assert not has_input(other)
    for descriptor in (terminal, other):
        os.close(descriptor)
    for text, found in (("y", True), ("", False)):
        (tmp_path / "file").write_text(text)
        with (tmp_path / "file").open() as file:
            assert has_input(file.fileno()) is found
    with Path(os.devnull).open() as nothing:
        assert not has_input(nothing.fileno())
