"""SIGKILL of the runner: what it had started as a step ends, what it had started as a service lives."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from ecluse.system.commands import SupervisedRunner
from ecluse.system.remains import end_remains
from ecluse.system.supervision import Layer
from support.processes import holders

pytestmark = pytest.mark.fault

DAEMON = """
import os, sys, time
if os.fork():
    os._exit(0)
os.setsid()
if os.fork():
    os._exit(0)
os.environ.clear()
lasting = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
for number in (0, 1, 2):
    os.close(number)
time.sleep(600)
"""

RUNNER = """
import asyncio, os, subprocess, sys
from contextlib import suppress
from pathlib import Path
from ecluse.ports.commands import Command
from ecluse.system.commands import SupervisedRunner
from ecluse.system.supervision import Layer

daemon, folder, layer = sys.argv[1:]

async def main():
    runner = SupervisedRunner(Layer(layer), notes=Path(folder, "running"))
    print("layer", runner.layer, flush=True)
    subprocess.run([sys.executable, "-c", daemon, folder + "/service"], start_new_session=True, check=True)
    script = f'{sys.executable} -c "$0" {folder}/daemon; exec 9<>{folder}/step; sleep 600 & echo begun; wait'
    await runner.run(Command(
        argv=("/bin/sh", "-euc", script, daemon), folder=Path(folder), env={"PATH": os.environ["PATH"]},
        on_output=lambda line: print(line, flush=True),
    ))

asyncio.run(main())
"""


def wait_until(what, seconds=20):
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not come to pass in time"
        time.sleep(0.02)


def supervisors_of(runner: int) -> list[int]:
    children = Path(f"/proc/{runner}/task").glob("*/children")
    return [int(pid) for path in children for pid in path.read_text().split()]


@pytest.fixture(params=list(Layer))
def runner(request, tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", RUNNER, DAEMON, str(tmp_path), request.param], stdout=subprocess.PIPE, text=True
    )
    if not process.stdout.readline():
        process.wait()
        pytest.skip(f"this system refuses the layer {request.param}")
    assert process.stdout.readline() == "begun\n"
    wait_until(lambda: holders(tmp_path / "daemon") and holders(tmp_path / "service"))
    assert len(holders(tmp_path / "step")) == 2
    yield process
    process.kill()
    process.wait()
    process.stdout.close()
    end_remains(tmp_path / "running")
    for pid in holders(tmp_path / "service"):
        os.kill(pid, signal.SIGKILL)


def nothing_left_of_the_step(folder):
    return not holders(folder / "step") and not holders(folder / "daemon")


def test_a_killed_runner_takes_its_steps_along_and_leaves_its_services(runner, tmp_path):
    service = holders(tmp_path / "service")
    os.kill(runner.pid, signal.SIGKILL)
    wait_until(lambda: nothing_left_of_the_step(tmp_path))
    assert holders(tmp_path / "service") == service


def test_a_killed_supervisor_takes_the_steps_along(runner, tmp_path):
    for pid in supervisors_of(runner.pid):
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: nothing_left_of_the_step(tmp_path))
    assert holders(tmp_path / "service")


def test_a_runner_and_a_supervisor_killed_at_once_leave_nothing_of_the_step(runner, tmp_path):
    victims = [*supervisors_of(runner.pid), runner.pid]
    for pid in victims:
        os.kill(pid, signal.SIGSTOP)  # so that neither can react to the end of the other
    for pid in victims:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: nothing_left_of_the_step(tmp_path))
    assert holders(tmp_path / "service")


@pytest.mark.parametrize("runner", [Layer.CGROUP, Layer.SESSIONS], indirect=True)
def test_what_is_left_where_all_were_killed_at_once_is_ended_by_the_next_command(runner, request, tmp_path):
    """But for what has left the session and its parent: that takes a process namespace or a control group."""
    (supervisor,) = supervisors_of(runner.pid)
    victims = [*supervisors_of(supervisor), supervisor, runner.pid]
    for number in (signal.SIGSTOP, signal.SIGKILL):
        for pid in victims:
            os.kill(pid, number)
    runner.wait()
    assert len(holders(tmp_path / "step")) == 2
    daemons = holders(tmp_path / "daemon")
    following = SupervisedRunner(Layer.SESSIONS, notes=tmp_path / "running")
    try:
        assert following.layer is Layer.SESSIONS
        wait_until(lambda: not holders(tmp_path / "step"))
        assert holders(tmp_path / "service")
        if request.node.callspec.params["runner"] is Layer.CGROUP:
            wait_until(lambda: not holders(tmp_path / "daemon"))
    finally:
        following.close()
        for pid in daemons & holders(tmp_path / "daemon"):
            os.kill(pid, signal.SIGKILL)
    assert list((tmp_path / "running").iterdir()) == []


@pytest.mark.parametrize("runner", [Layer.SESSIONS], indirect=True)
def test_a_warden_that_is_told_again_while_it_ends_its_step_ends_all_of_it(runner, tmp_path):
    """Its runner's end and its supervisor's reach it one after the other; nobody else is left who would."""
    (supervisor,) = supervisors_of(runner.pid)
    (warden,) = supervisors_of(supervisor)
    os.kill(supervisor, signal.SIGSTOP)
    for _ in range(200):
        with suppress(ProcessLookupError):
            os.kill(warden, signal.SIGTERM)
    wait_until(lambda: nothing_left_of_the_step(tmp_path))
    os.kill(supervisor, signal.SIGCONT)
