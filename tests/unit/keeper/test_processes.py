import os
import signal
import subprocess
import sys

import pytest

from ecluse.keeper import processes
from ecluse.wire.codes import OrderError


def order(tmp_path, *words, **settings):
    return processes.Order(
        words,
        {"PATH": os.defpath},
        settings.pop("folder", str(tmp_path)),
        settings.pop("output", str(tmp_path / "out")),
        str(tmp_path / "err"),
        **settings,
    )


def run(made):
    pid = processes.start(made)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_a_process_leads_a_session_and_has_its_sockets_from_three_on(tmp_path):
    script = """if True:
        import os
        print(os.getsid(0) == os.getpid(), os.environ["LISTEN_FDS"], os.environ["LISTEN_PID"] == str(os.getpid()))
        print(os.read(3, 1), os.read(4, 1), sorted(map(int, os.listdir("/proc/self/fd")))[:5])
    """
    pipes = [os.pipe(), os.pipe()]
    for (_, writes), letter in zip(pipes, b"ab"):  # noqa: B905 Python 3.9 knows no strict
        os.write(writes, bytes([letter]))
    sockets = tuple(reads for reads, _ in pipes)
    assert run(order(tmp_path, sys.executable, "-c", script, sockets=sockets)) == 0
    for pair in pipes:
        for descriptor in pair:
            os.close(descriptor)
    assert (tmp_path / "out").read_text().splitlines() == ["True 1 True", "b'a' b'b' [0, 1, 2, 3, 4]"]


def test_output_and_errors_are_appended(tmp_path):
    for _ in range(2):
        assert run(order(tmp_path, "sh", "-c", "echo out; echo err >&2")) == 0
    assert (tmp_path / "out").read_text() == "out\nout\n"
    assert (tmp_path / "err").read_text() == "err\nerr\n"


def test_limits_hold(tmp_path):
    assert run(order(tmp_path, "sh", "-c", "ulimit -n; ulimit -v", limits=processes.Limits(1 << 30, 99))) == 0
    assert (tmp_path / "out").read_text().split() == ["99", str((1 << 30) // 1024)]


@pytest.mark.parametrize(
    ("settings", "why"),
    [({"folder": "/nowhere"}, "No such file"), ({"output": "/nowhere/out"}, "/nowhere/out")],
)
def test_what_can_not_be_started_says_why(tmp_path, settings, why):
    with pytest.raises(OrderError, match=why) as error:
        processes.start(order(tmp_path, "true", **settings))
    assert error.value.code == "K041"


def test_a_number_that_is_used_again_is_another_process():
    own = processes.stat(os.getpid())
    assert processes.is_alive(own.pid, own.start_time)
    assert not processes.is_alive(own.pid, own.start_time - 1)
    assert not processes.is_alive(2**22 + 1, 1)


def test_a_signal_reaches_only_the_process_that_is_meant(tmp_path):
    with subprocess.Popen(["sleep", "60"]) as sleeper:
        seen = processes.stat(sleeper.pid)
        processes.send(sleeper.pid, seen.start_time + 1, signal.SIGKILL)
        assert sleeper.poll() is None
        processes.send(sleeper.pid, seen.start_time, signal.SIGKILL)
        assert sleeper.wait(10) == -signal.SIGKILL


def test_the_whole_family_ends_those_that_left_the_session_too(tmp_path):
    script = (
        "sleep 600 & setsid sleep 601 & (setsid sh -c 'setsid sleep 602 & sleep 603' &) ; sleep 0.3; echo ready; wait"
    )
    pid = processes.start(order(tmp_path, "sh", "-c", script))
    while "ready" not in (tmp_path / "out").read_text():
        os.sched_yield()
    known = processes.named(sleepers())
    assert processes.end_family(pid, known) >= 5
    os.waitpid(pid, 0)
    assert sleepers() == set()


def sleepers():
    found = set()
    for process in processes.every():
        try:
            with open(f"/proc/{process.pid}/cmdline", "rb") as file:
                words = file.read().split(b"\0")
        except OSError:
            continue
        if words[0] == b"sleep" and words[1] in (b"600", b"601", b"602", b"603") and process.state not in "ZX":
            found.add(process.pid)
    return found
