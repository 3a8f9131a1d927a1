"""Programs that belong to us: how they end, what they print, and that nothing of them is left."""

import asyncio
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from ecluse.model.problem import ProblemError
from ecluse.ports.commands import Command
from ecluse.system.commands import SupervisedRunner
from ecluse.system.supervision import Layer
from support.processes import holders

PATH = {"PATH": os.environ["PATH"]}


@pytest.fixture(scope="module", params=list(Layer))
def runner(request):
    runner = SupervisedRunner(request.param)
    try:
        assert runner.layer is request.param
    except ProblemError:
        pytest.skip(f"this system refuses the layer {request.param}")
    yield runner
    runner.close()


@pytest.fixture
def run(runner, tmp_path):
    def run(*argv, env=PATH, folder=tmp_path, **options):
        return asyncio.run(runner.run(Command(argv=argv, folder=folder, env=env, **options)))

    return run


def python(script):
    return (sys.executable, "-I", "-S", "-c", script)


DAEMON = """
import os, sys, time
def detach(depth):
    if os.fork():
        return
    os.setsid()
    if depth:
        detach(depth - 1)
        os._exit(0)
    os.environ.clear()
    os.dup2(os.open(sys.argv[1], os.O_RDWR | os.O_CREAT), 9)
    for number in (0, 1, 2):
        os.close(number)
    os.kill(int(sys.argv[2]), 10) if len(sys.argv) > 2 else None
    time.sleep(600)
"""


def test_output_of_both_streams_arrives_in_order(run):
    finished = run("sh", "-c", "echo one; echo two >&2; echo three")
    assert (finished.exit_code, finished.output) == (0, "one\ntwo\nthree\n")
    assert finished.ok


def test_an_exit_code_is_a_value_and_not_an_error(run):
    finished = run("sh", "-c", "exit 7")
    assert (finished.exit_code, finished.signal, finished.ok) == (7, None, False)


def test_a_signal_is_told_from_an_exit_code(run):
    finished = run("sh", "-c", "kill -9 $$")
    assert (finished.exit_code, finished.signal) == (None, 9)


def test_standard_input_is_what_was_given_or_nothing(run):
    assert run("cat", stdin=b"given").output == "given"
    assert run("cat").output == ""


def test_the_environment_is_the_given_one_alone(run):
    assert run("env", env={"PATH": PATH["PATH"], "A": "b"}).output.splitlines() == [f"PATH={PATH['PATH']}", "A=b"]


def test_standard_output_can_go_to_a_file_alone(run, tmp_path):
    finished = run("sh", "-c", "echo out; echo err >&2", stdout=tmp_path / "out")
    assert (tmp_path / "out").read_text() == "out\n"
    assert finished.output == "err\n"


def test_a_veiled_folder_is_empty_but_for_what_is_shown_and_only_for_that_program(runner, run, tmp_path):
    (tmp_path / "home" / "deep").mkdir(parents=True)
    (tmp_path / ".env").write_text("SECRET=1")
    look = ("/bin/sh", "-c", "find . -mindepth 1; touch new 2>/dev/null || echo read-only")
    shown = {"veiled": tmp_path, "shown": (tmp_path / "home", Path("/usr"), tmp_path / "gone")}
    veiled = run(*look, **shown)
    if runner.layer is Layer.SESSIONS and ".env" in veiled.output:
        pytest.skip("this layer may not mount here")
    assert sorted(veiled.output.split()) == ["./home", "./home/deep", "read-only"]
    assert "./.env" in run(*look).output
    assert (tmp_path / "new").exists()
    with pytest.raises(ProblemError):
        run(*look, folder=tmp_path / "new" / "none", **shown)
    assert run("pwd", **shown).output.strip() == str(tmp_path)


def test_a_veil_lies_over_what_a_link_leads_to(runner, run, tmp_path):
    real, home = tmp_path / "real", tmp_path / "home"
    (real / "home").mkdir(parents=True)
    (real / ".env").write_text("SECRET=1")
    home.symlink_to(real / "home")
    (tmp_path / "link").symlink_to(real)
    seen = run("ls", "-A", str(real), veiled=tmp_path / "link", shown=(home,)).output.split()
    if runner.layer is Layer.SESSIONS and ".env" in seen:
        pytest.skip("this layer may not mount here")
    assert seen == ["home"]


def test_a_program_that_is_not_there_is_a_problem(run):
    with pytest.raises(ProblemError) as caught:
        run("no-such-program")
    assert [problem.code for problem in caught.value.problems] == ["S001"]


def test_a_folder_that_is_not_there_is_a_problem_that_names_it(run, tmp_path):
    with pytest.raises(ProblemError, match="gone") as caught:
        run("true", folder=tmp_path / "gone")
    assert caught.value.problems[0].code == "S001"


def test_a_program_that_hangs_is_stopped_at_its_time_out(run):
    finished = run("sleep", "600", timeout=timedelta(seconds=0.1))
    assert finished.timed_out
    assert not finished.ok
    assert finished.seconds < 60


@pytest.mark.once
def test_a_program_that_ignores_sigterm_is_killed_after_the_grace(run, tmp_path):
    mark = tmp_path / "mark"
    script = f"exec 9>{mark}; trap '' TERM; while true; do sleep 600; done"
    finished = run("sh", "-c", script, timeout=timedelta(seconds=0.1))
    assert finished.timed_out
    assert finished.signal == 9
    assert not holders(mark)


def test_what_a_program_leaves_running_ends_with_it(run, tmp_path):
    mark = tmp_path / "mark"
    finished = run("sh", "-c", f"sleep 600 9>{mark} & exit 3")
    assert (finished.exit_code, finished.left_behind) == (3, 1)
    assert not holders(mark)


def test_a_daemon_that_forked_twice_left_the_session_and_cleared_its_environment_ends_too(run, tmp_path):
    mark = tmp_path / "mark"
    finished = run(*python(DAEMON + "detach(2)\nwhile not os.path.exists(sys.argv[1]): time.sleep(0.01)"), str(mark))
    assert finished.exit_code == 0
    assert finished.left_behind == 1
    assert not holders(mark)


def test_a_cancelled_program_is_gone_when_the_call_returns(runner, tmp_path):
    mark = tmp_path / "mark"
    seen = []

    async def cancelled():
        loop = asyncio.get_running_loop()
        begun = asyncio.Event()
        command = Command(
            argv=("sh", "-c", f"exec 9>{mark}; echo begun; sleep 600 & sleep 600"),
            folder=tmp_path,
            env=PATH,
            on_output=lambda line: (seen.append(line), loop.call_soon_threadsafe(begun.set)),
        )
        task = asyncio.create_task(runner.run(command))
        await begun.wait()
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancelled())
    assert seen == ["begun"]
    assert not holders(mark)


@pytest.mark.once
def test_a_hundred_megabytes_cost_neither_memory_nor_the_disk(run, tmp_path):
    lines = []
    finished = run("sh", "-c", "yes | head -c 100000000", log=tmp_path / "log", on_output=lines.append)
    assert finished.ok
    assert len(finished.output) == 64 * 1024
    log = (tmp_path / "log").read_bytes()
    assert len(log) < 40_000_000
    assert b"bytes left out here]" in log
    assert lines[-1] == "[more output than is shown here; the log has it]"
    assert len(lines) < 3_000_000


def test_bytes_that_are_no_utf8_are_shown_as_well_as_can_be_and_logged_as_they_are(run, tmp_path):
    lines = []
    finished = run("printf", r"a\377b\n", log=tmp_path / "log", on_output=lines.append)
    assert finished.output == "a\ufffdb\n"
    assert lines == ["a\ufffdb"]
    assert (tmp_path / "log").read_bytes() == b"a\xffb\n"


def test_a_secret_is_in_no_output(run, tmp_path):
    lines = []
    script = "printf 'hun'; sleep 0.05; printf 'ter2 is it\\n'"
    finished = run("sh", "-c", script, secrets=("hunter2",), log=tmp_path / "log", on_output=lines.append)
    assert finished.output == "[secret] is it\n"
    assert (tmp_path / "log").read_text() == "[secret] is it\n"
    assert lines == ["[secret] is it"]


def test_a_line_that_may_begin_a_secret_is_not_waited_for_long(run, tmp_path):
    """The program prints no more before it was heard."""
    secret = "first line\nsecond line"
    lines = []
    os.mkfifo(tmp_path / "heard")

    def hear(line):
        lines.append(line)
        if len(lines) == 1:
            (tmp_path / "heard").write_text("go on")

    script = "printf 'first line\\n'; cat heard > /dev/null; printf 'second line\\n'"
    finished = run("sh", "-c", script, secrets=(secret,), on_output=hear, timeout=timedelta(seconds=60))
    assert finished.ok
    assert lines == ["[secret]", "[secret]"]


def test_a_listener_that_raises_ends_the_program(run, tmp_path):
    mark = tmp_path / "mark"

    def raises(line):
        raise ZeroDivisionError(line)

    with pytest.raises(ZeroDivisionError):
        run("sh", "-c", f"exec 9>{mark}; echo hello; sleep 600", on_output=raises)
    assert not holders(mark)


def test_a_log_on_a_full_disk_is_a_problem_and_ends_the_program(run):
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    with pytest.raises(ProblemError) as caught:
        run("sh", "-c", "echo hello; sleep 600", log=Path("/dev/full"))
    assert caught.value.problems[0].code == "S010"


def test_a_step_that_kills_its_supervision_is_a_problem_and_leaves_nothing(run, tmp_path):
    mark = tmp_path / "mark"
    with pytest.raises(ProblemError) as caught:
        run("sh", "-c", f"exec 9>{mark}; sleep 600 & kill -9 $PPID; sleep 600")
    assert caught.value.problems[0].code == "S003"
    deadline = time.monotonic() + 10
    while holders(mark):
        assert time.monotonic() < deadline
    assert run("echo", "again").output == "again\n"


def test_a_step_that_stops_its_supervision_still_has_a_time_out(run, tmp_path):
    script = f"exec 9>{tmp_path}/mark; echo begun; kill -STOP $PPID; sleep 600"
    finished = run("sh", "-c", script, timeout=timedelta(seconds=0.5))
    assert (finished.timed_out, finished.output) == (True, "begun\n")
    assert not holders(tmp_path / "mark")


def test_several_loops_use_one_runner_at_once(runner, tmp_path):
    async def some():
        for number in range(30):
            command = Command(argv=("echo", str(number)), folder=tmp_path, env=PATH)
            assert (await runner.run(command)).output == f"{number}\n"
        return True

    with ThreadPoolExecutor(3) as threads:
        assert all(threads.map(lambda _: asyncio.run(some()), range(6)))


def test_many_programs_run_at_once(runner, tmp_path):
    async def all_of_them():
        commands = [Command(argv=("echo", str(n)), folder=tmp_path, env=PATH) for n in range(20)]
        return await asyncio.gather(*map(runner.run, commands))

    assert [finished.output for finished in asyncio.run(all_of_them())] == [f"{n}\n" for n in range(20)]


def test_a_call_that_is_dropped_ends_its_program_and_leaves_the_runner_usable(runner, tmp_path):
    mark = tmp_path / "mark"
    echo = Command(argv=("echo", "hello"), folder=tmp_path, env=PATH)
    script = ("sh", "-c", f"exec 9>{mark}; echo begun; sleep 600")

    async def dropped():
        await runner.run(echo)
        begun = asyncio.Event()
        call = runner.run(Command(argv=script, folder=tmp_path, env=PATH, on_output=lambda _: begun.set()))
        call.send(None)
        await begun.wait()
        call.close()
        assert (await runner.run(echo)).output == "hello\n"

    asyncio.run(dropped())
    deadline = time.monotonic() + 10
    while holders(mark) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not holders(mark)


def test_a_closed_runner_has_ended_what_ran(tmp_path):
    mark = tmp_path / "mark"
    runner = SupervisedRunner()

    async def close_under_it():
        loop = asyncio.get_running_loop()
        begun = asyncio.Event()
        command = Command(
            argv=("sh", "-c", f"exec 9>{mark}; echo begun; sleep 600"),
            folder=tmp_path,
            env=PATH,
            on_output=lambda _: loop.call_soon_threadsafe(begun.set),
        )
        task = asyncio.create_task(runner.run(command))
        await begun.wait()
        await asyncio.to_thread(runner.close)
        await task

    with pytest.raises(ProblemError):
        asyncio.run(close_under_it())
    assert not holders(mark)
    runner.close()


def test_output_that_somebody_else_still_holds_open_is_not_waited_for_long(tmp_path):
    runner = SupervisedRunner(Layer.SESSIONS)  # its process numbers are ours
    held = []

    os.mkfifo(tmp_path / "held")

    def hold(pid):
        held.append(os.open(f"/proc/{pid}/fd/1", os.O_WRONLY))
        (tmp_path / "held").write_text("go on")

    script = "echo $$; cat held > /dev/null"
    command = Command(argv=("sh", "-c", script), folder=tmp_path, env=PATH, on_output=hold)
    try:
        finished = asyncio.run(runner.run(command))
    finally:
        runner.close()
        for descriptor in held:
            os.close(descriptor)
    assert finished.ok
    assert held


def test_what_a_listener_raises_is_not_taken_for_a_problem_of_the_disk(run):
    def raises(line):
        raise BrokenPipeError(line)

    with pytest.raises(BrokenPipeError):
        run("echo", "hello", on_output=raises)


def test_a_standard_output_that_cannot_be_written_is_a_problem(run, tmp_path):
    with pytest.raises(ProblemError) as caught:
        run("true", stdout=tmp_path)
    assert caught.value.problems[0].code == "S012"


IN_A_CHROOT = """
import asyncio, sys
from pathlib import Path
from ecluse.ports.commands import Command
from ecluse.system.commands import SupervisedRunner
runner, here = SupervisedRunner(), Path(sys.argv[1])
for _ in range(2):
    done = asyncio.run(runner.run(Command(argv=("/bin/ls", sys.argv[2]), folder=Path("/"), veiled=here)))
    print(done.exit_code, repr(done.output))
runner.close()
"""


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="chroot(2) needs root")
@pytest.mark.usefixtures("veils")
def test_a_veil_leaves_a_changed_root_as_it_is(tmp_path):
    """From outside one sees what is bound to the new root's folder, in there one doesn't: both times."""
    root, repository = tmp_path / "root", tmp_path / "repository"
    root.mkdir()
    repository.mkdir()
    bound = f"mount --bind / {root} && mount --bind /proc {root}/proc && mount --bind /dev {root}/dev"
    words = ["chroot", str(root), sys.executable, "-c", IN_A_CHROOT, str(repository), str(root)]
    done = subprocess.run(
        ["unshare", "--mount", "/bin/sh", "-c", f'{bound} && exec "$@"', "sh", *words],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if "mount" in done.stderr or "unshare: " in done.stderr:
        pytest.skip(f"nothing can be mounted here: {done.stderr}")
    first, second = done.stdout.splitlines()
    assert "proc" not in first
    assert second == first


def test_a_program_writes_only_where_it_may(runner, run, tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "kept").write_text("precious")
    script = f"rm -rf {tmp_path}/kept; echo x > {tmp_path}/own/x; echo y > /dev/null && echo fine"
    done = run("sh", "-c", script, writable=(tmp_path / "own",))
    if runner.layer is Layer.SESSIONS and not (tmp_path / "kept").exists():
        pytest.skip("this system refuses to mount")
    assert (tmp_path / "kept").read_text() == "precious"
    assert (tmp_path / "own" / "x").read_text() == "x\n"
    assert "fine" in done.output
    run("rm", str(tmp_path / "kept"))
    assert not (tmp_path / "kept").exists()


def test_what_is_veiled_can_be_writable_where_it_is_shown(runner, run, tmp_path):
    (tmp_path / "home").mkdir()
    may = {"veiled": tmp_path, "shown": (tmp_path / "home",), "writable": (tmp_path / "home",)}
    done = run("sh", "-c", f"echo x > {tmp_path}/home/x; ls {tmp_path}; touch {tmp_path}/y || echo no", **may)
    if runner.layer is Layer.SESSIONS and (tmp_path / "y").exists():
        pytest.skip("this system refuses to mount")
    assert (tmp_path / "home" / "x").exists()
    assert done.output.split()[0] == "home"
    assert done.output.split()[-1] == "no"
