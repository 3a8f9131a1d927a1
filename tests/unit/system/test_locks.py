"""Locks of the machine: between processes, given back by the kernel."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import ecluse
from ecluse.model.problem import ProblemError
from ecluse.ports.locks import TakenError
from ecluse.system.locks import FolderLocks, lock_folder

HOLD = """
import sys
from pathlib import Path
from ecluse.system.locks import FolderLocks
FolderLocks(Path(sys.argv[1])).take(["gpu"], "the run r-1")
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def locks(tmp_path):
    return FolderLocks(tmp_path)


def test_a_lock_is_had_once_and_can_be_had_again(locks, tmp_path):
    give_back = locks.take(["gpu", "port-5432"], "the run r-1")
    with pytest.raises(TakenError) as caught:
        FolderLocks(tmp_path).take(["port-5432"], "the run r-2")
    assert (caught.value.lock, caught.value.by) == ("port-5432", "the run r-1")
    give_back()
    FolderLocks(tmp_path).take(["port-5432"], "the run r-2")()


def test_of_several_none_is_taken_where_one_is_not_free(locks, tmp_path):
    give_back = locks.take(["b"], "one")
    with pytest.raises(TakenError):
        locks.take(["a", "b"], "two")
    locks.take(["a"], "three")()
    give_back()


def test_a_killed_process_gives_it_back(locks, tmp_path):
    env = {"PYTHONPATH": str(Path(ecluse.__file__).parents[1])}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], env=env, text=True, **pipes) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(TakenError) as caught:
            locks.take(["gpu"], "me")
        assert caught.value.by == "the run r-1"
        holder.kill()
        holder.wait()
    locks.take(["gpu"], "me")()


def test_a_link_is_no_lock(locks, tmp_path):
    (tmp_path / "ecluse-gpu.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ProblemError) as caught:
        locks.take(["gpu"], "me")
    assert [problem.code for problem in caught.value.problems] == ["E061"]
    assert not (tmp_path / "elsewhere").exists()


def test_another_user_s_file_can_be_locked(locks, tmp_path):
    path = tmp_path / "ecluse-gpu.lock"
    path.touch()
    path.chmod(0o444)
    give_back = locks.take(["gpu"], "me")
    with pytest.raises(TakenError):
        locks.take(["gpu"], "you")
    give_back()


def test_there_is_a_place_for_them_on_this_machine():
    assert lock_folder().is_dir()


def test_everybody_s_folder_is_taken_by_whoever_asks_also_by_root(tmp_path):
    roots, everybodys = tmp_path / "run", tmp_path / "var"
    roots.mkdir(mode=0o755)
    everybodys.mkdir()
    everybodys.chmod(0o1777)
    assert lock_folder((str(tmp_path / "none"), str(roots), str(everybodys))) == everybodys


@pytest.mark.timeout(10)
def test_a_pipe_in_the_place_of_a_lock_holds_nobody_up(locks, tmp_path):
    os.mkfifo(tmp_path / "ecluse-gpu.lock", 0o444)
    script = (
        "import os, sys; from pathlib import Path; from ecluse.system.locks import FolderLocks\n"
        "FolderLocks(Path(sys.argv[1])).take(['gpu'], 'me')"
    )
    ordinary = ("unshare", "--user") if os.geteuid() == 0 else ()
    if ordinary and subprocess.run([*ordinary, "true"], capture_output=True, check=False).returncode:
        pytest.skip("root can't be an ordinary user here: no user namespaces")
    done = subprocess.run([*ordinary, sys.executable, "-c", script, str(tmp_path)], timeout=5, check=False)
    assert done.returncode == 0
