import signal
import sys
import threading
import time

import pytest

from ecluse.keeper.children import KEPT, Children
from ecluse.keeper.processes import is_alive, stat
from ecluse.wire.codes import CANNOT_START, OrderError

ENV = {"PATH": "/usr/bin:/bin"}


def run(code, folder="/", seconds=20.0, **more):
    return Children().run([sys.executable, "-c", code], ENV, str(folder), seconds, **more)


def shell(text, seconds=20.0, **more):
    return Children().run(["/bin/sh", "-c", text], ENV, "/", seconds, **more)


def test_a_program_ends_with_its_code_and_both_streams():
    ended = shell("echo out; echo err >&2; exit 3")
    assert (ended.exit_code, ended.output, ended.timed_out) == (3, "out\nerr\n", False)


def test_a_program_ended_by_a_signal_has_no_code():
    assert shell("kill -9 $$").exit_code is None


def test_a_program_that_can_not_be_started_is_refused():
    with pytest.raises(OrderError) as error:
        Children().run(["no-such-program"], ENV, "/", 5)
    assert error.value.code == CANNOT_START


def test_lines_are_told_as_they_come():
    lines = []
    shell("echo one; printf 'tw'; printf 'o\\nthree'", on_line=lines.append)
    assert lines == ["one", "two", "three"]


def test_invalid_utf8_is_replaced():
    assert shell("printf '\\377ok'").output == "�ok"


def test_only_the_end_of_much_output_is_kept():
    ended = run("import sys\nfor i in range(4000): print(str(i) * 100)")
    assert len(ended.output) == KEPT
    assert ended.output.endswith("3999\n")


def test_a_program_that_closes_its_output_is_waited_for():
    ended = run("import os, time; os.close(1); os.close(2); time.sleep(0.3); os._exit(4)")
    assert ended.exit_code == 4


def test_a_program_that_takes_too_long_is_ended_with_its_children():
    ended = shell("sleep 60 & echo $!; wait", seconds=0.5)
    assert (ended.exit_code, ended.timed_out) == (None, True)
    assert ends(int(ended.output))


def test_what_a_program_leaves_behind_is_ended_and_not_waited_for():
    ended = shell("sleep 60 & echo $!")
    assert ended.seconds < 10
    assert ends(int(ended.output))


def test_killing_ends_what_runs():
    children = Children()
    ended = []
    started = threading.Event()
    call = threading.Thread(
        target=lambda: ended.append(
            children.run(["/bin/sh", "-c", "echo; sleep 60"], ENV, "/", 60, on_line=lambda line: started.set())
        )
    )
    call.start()
    assert started.wait(20)
    children.kill()
    call.join(20)
    assert ended[0].exit_code is None
    assert not ended[0].timed_out


def test_after_a_kill_nothing_starts():
    children = Children()
    children.kill()
    assert children.run(["/bin/sleep", "60"], ENV, "/", 60).exit_code is None


def ends(pid):
    """Whether it ends soon: SIGKILL was sent, its death takes the kernel a moment."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        seen = stat(pid)
        if seen is None or not is_alive(pid, seen.start_time):
            return True
    return False


def test_the_environment_is_the_given_one():
    assert run("import os; print(sorted(os.environ))").output == "['LC_CTYPE', 'PATH']\n"


def test_the_time_is_measured():
    began = time.monotonic()
    assert 0 < shell("true").seconds <= time.monotonic() - began


def test_a_stopped_program_is_ended_too():
    ended = run("import os, signal; os.kill(os.getpid(), signal.%s)" % signal.SIGSTOP.name, seconds=0.5)
    assert ended.timed_out
