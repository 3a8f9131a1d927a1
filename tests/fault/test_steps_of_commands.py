"""The command line at work on steps that leave children behind: a time-out, signals, a kill; retries; any terminal."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from ecluse.system import kernel
from ecluse.system.supervision import Layer
from support import repositories
from support.processes import holders

pytestmark = pytest.mark.fault

PROMISED = 3
"""Seconds in which everything of a step is gone: what is promised to users, so tests wait no longer."""
LEAVES = """
import os, subprocess, sys, time
mark = os.environ["MARK"]
def hold(name):
    os.dup2(os.open(f"{mark}.{name}", os.O_RDWR | os.O_CREAT), 9)
if not os.fork():
    hold("background")
    time.sleep(600)
if not os.fork():
    os.setsid()
    if os.fork():
        os._exit(0)
    os.environ.clear()
    hold("daemon")
    for number in (0, 1, 2):
        os.close(number)
    os.execve("/bin/sleep", ["sleep", "600"], {})
hold("foreground")
while not all(os.path.exists(f"{mark}.{name}") for name in ("background", "daemon")):
    time.sleep(0.01)
print("all of them run", flush=True)
subprocess.run(["sleep", "600"], pass_fds=(9,))
"""
MANIFEST = """
[app]
name = "demo"

[processes.worker]
command = ["sleep", "600"]

[steps.leaves]
command = ["python3", "leaves.py"]
pass_env = ["MARK"]
timeout = "{timeout}"
retries = {retries}

[steps.flaky]
command = ["sh", "-c", 'echo x >> "$MARK"; echo attempt $(wc -l < "$MARK"); test $(wc -l < "$MARK") -ge 3']
pass_env = ["MARK"]
retries = 3

[steps.fails]
command = ["sh", "-c", "echo no; exit 7"]
needs = ["flaky"]

[steps.behind]
command = ["true"]
needs = ["fails"]

[environments.local]
"""
NO_NAMESPACES = "echo 0 > /proc/sys/user/max_pid_namespaces"
NO_GROUPS = "mount -t tmpfs none /sys/fs/cgroup"
LACKS = {Layer.NAMESPACE: (), Layer.CGROUP: (NO_NAMESPACES,), Layer.SESSIONS: (NO_NAMESPACES, NO_GROUPS)}


@pytest.fixture
def mark(tmp_path):
    return tmp_path / "mark"


@pytest.fixture
def demo(tmp_path):
    def demo(timeout="600s", retries=0):
        files = {"ecluse.toml": MANIFEST.format(timeout=timeout, retries=retries), "leaves.py": LEAVES}
        return repositories.repository(tmp_path / "demo", files)[1]

    return demo


@pytest.fixture(params=list(Layer))
def within(request):
    """What puts a command where this layer is the strongest there is."""
    lacks = LACKS[request.param]
    script = " && ".join([*lacks, 'exec "$@"'])
    prefix = ("unshare", "--user", "--map-root-user", "--mount", "/bin/sh", "-c", script, "sh") if lacks else ()
    found = subprocess.run([*prefix, *ecluse("doctor", "--json")], capture_output=True, text=True, check=False)
    if f"owned by {request.param}" not in found.stdout:
        pytest.skip(f"this system has no {request.param}: {found.stderr}")
    return prefix


def ecluse(*arguments):
    return [sys.executable, "-m", "ecluse", *arguments]


def environment(mark, **more):
    dropped = {"CI", "ECLUSE_HOME", "GITHUB_ACTIONS", "GITLAB_CI"}
    return {**{name: value for name, value in os.environ.items() if name not in dropped}, "MARK": str(mark), **more}


def living(mark):
    return {pid for name in ("background", "daemon", "foreground") for pid in holders(Path(f"{mark}.{name}"))}


def gone_in_time(mark):
    deadline = time.monotonic() + PROMISED
    while living(mark):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def heed():
    """What nohup and a shell's background jobs make a program ignore (signal(7): that is inherited)."""
    for number in (signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)


@pytest.fixture
def started(demo, mark, within):
    process = subprocess.Popen(
        [*within, *ecluse("run", "leaves", "-C", str(demo()))], env=environment(mark),
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, preexec_fn=heed,  # noqa: PLW1509 (one thread)
    )  # fmt: skip
    assert any("all of them run" in line for line in process.stderr)
    assert len(living(mark)) == 4
    yield process
    process.kill()
    process.stderr.close()
    process.wait()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL, signal.SIGHUP])
def test_no_descendant_outlives_a_command_that_is_ended_by(started, mark, number):
    os.kill(started.pid, number)
    assert gone_in_time(mark)
    assert started.wait(30) == (-number if number is signal.SIGKILL else 130)
    assert ("what ran is ended" in started.stderr.read()) is (number is not signal.SIGKILL)


def test_no_descendant_outlives_a_time_out_and_each_attempt_has_its_own(demo, mark, within):
    root = demo(timeout="2s", retries=1)
    done = subprocess.run(
        [*within, *ecluse("run", "leaves", "-C", str(root), "--json")], env=environment(mark),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert living(mark) == set()
    (verdict,) = json.loads(done.stdout)["steps"]
    assert (done.returncode, verdict["verdict"], verdict["attempts"]) == (1, "failed", 2)
    assert verdict["evidence"][0] == "it took longer than 2 s and was stopped [E010]"
    assert verdict["seconds"] < 2 * (2 + PROMISED)
    logs = sorted(path.name for path in Path(verdict["log"]).parent.iterdir())
    assert logs == ["leaves.2.log", "leaves.log"]


STEP = """
[steps.leaves]
command = ["python3", "leaves.py"]
pass_env = ["MARK"]
group = "test"
"""


@pytest.mark.network
def test_a_keeper_that_the_same_command_started_outlives_its_runner_and_the_steps_do_not(shop, mark):
    shop.write("ecluse.toml", (shop.root / "ecluse.toml").read_text() + STEP)
    shop.write("leaves.py", LEAVES)
    shop.commit()
    ship = shop.begin("ship", env={"MARK": str(mark)})
    assert any("all of them run" in line for line in ship.stderr)
    keeper = json.loads((shop.root / ".ecluse/environments/local/keeper.json").read_text())
    assert len(living(mark)) == 4
    ship.kill()
    ship.communicate()
    assert gone_in_time(mark)
    assert kernel.born(keeper["pid"]) == keeper["start_time"]
    (local,) = shop.json("status")["environments"]
    assert json.loads((shop.root / ".ecluse/environments/local/keeper.json").read_text()) == keeper, local


def test_two_failures_before_a_pass_are_flaky_with_three_logs(demo, mark):
    done = subprocess.run(
        ecluse("run", "flaky", "-C", str(demo()), "--json"), env=environment(mark), capture_output=True, check=False
    )
    (verdict,) = json.loads(done.stdout)["steps"]
    assert (done.returncode, verdict["verdict"], verdict["attempts"]) == (0, "passed", 3)
    assert verdict["evidence"][0] == "flaky: passed at attempt 3"
    folder = Path(verdict["log"]).parent
    said = {path.name: path.read_text() for path in folder.iterdir()}
    assert said == {"flaky.log": "attempt 1\n", "flaky.2.log": "attempt 2\n", "flaky.3.log": "attempt 3\n"}


def plainly(command, env):
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def in_a_terminal(command, env):
    pid, terminal = pty.fork()
    if not pid:
        os.execvpe(command[0], command, env)
    said = b""
    with suppress(OSError):  # EIO: the other side is closed
        while piece := os.read(terminal, 4096):
            said += piece
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), said.decode()


def test_order_and_exit_code_are_the_same_in_a_terminal_under_ci_and_without_a_terminal(demo, mark):
    root = demo()
    command = ecluse("run", "behind", "-C", str(root), "--fresh")
    seen = {}
    for title, run, more in (
        ("terminal", in_a_terminal, {"TERM": "xterm"}),
        ("ci", plainly, {"CI": "true"}),
        ("plain", plainly, {}),
    ):
        mark.unlink(missing_ok=True)
        code, said = run(command, environment(mark, **more))
        text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", said).replace("\r", "\n")
        seen[title] = (code, re.findall(r"^([✓✗-]) (\w+) +[\d.]+ s(.*)$", text, re.MULTILINE))
    assert seen["terminal"] == seen["ci"] == seen["plain"]
    code, verdicts = seen["plain"]
    assert code == 1
    assert [(sign, name, word.strip()) for sign, name, word in verdicts] == [
        ("✓", "flaky", ""), ("✗", "fails", "failed"), ("-", "behind", "not run"),
    ]  # fmt: skip
