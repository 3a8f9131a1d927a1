import os
import subprocess

import pytest

from ecluse.keeper import kernel


def test_a_descriptor_of_another_process_can_be_taken():
    with subprocess.Popen(["sleep", "60"], stdin=subprocess.PIPE) as sleeper:
        reads = kernel.take_descriptor(sleeper.pid, 0)
        sleeper.stdin.write(b"x")
        sleeper.stdin.flush()
        assert os.read(reads, 1) == b"x"
        os.close(reads)
        sleeper.kill()


def test_a_descriptor_that_is_not_there_is_an_error():
    with pytest.raises(OSError, match="pidfd_getfd"):
        kernel.take_descriptor(os.getpid(), 9999)


def test_no_hole_can_be_made_in_a_pipe():
    reads, writes = os.pipe()
    with pytest.raises(OSError, match="fallocate"):
        kernel.punch_hole(writes, 0, 1)
    os.close(reads)
    os.close(writes)
