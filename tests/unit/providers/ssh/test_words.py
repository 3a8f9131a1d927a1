"""What a remote shell makes of our words: a real /bin/sh, in a home of the test's own."""

import subprocess

import pytest

from ecluse.providers.ssh.words import NO_PYTHON, UNPREPARED, keeper, prepare, script


def ran(command, home, given=b"", path="/usr/bin:/bin"):
    return subprocess.run(
        ["/bin/sh", "-c", command], input=given, capture_output=True, check=False, env={"HOME": str(home), "PATH": path}
    )


@pytest.mark.parametrize("word", ["a b", "a'b", '$HOME "x"', "`id`", "a\nb", ";exit 3", "*"])
def test_words_arrive_as_they_are(tmp_path, word):
    assert ran(script('printf %s "$1"', word), tmp_path).stdout == word.encode()


def test_a_host_without_the_program_says_so_by_its_exit_code(tmp_path):
    assert ran(keeper(".ecluse", "talk"), tmp_path).returncode == UNPREPARED
    assert ran(prepare(".ecluse", "v1", ""), tmp_path).returncode == UNPREPARED


def test_the_program_is_run_by_the_python_that_was_chosen(tmp_path):
    folder = tmp_path / ".ecluse"
    folder.mkdir()
    (folder / "python").write_text('#!/bin/sh\necho "$@"\n')
    (folder / "python").chmod(0o755)
    (folder / "keeper.pyz").touch()
    said = ran(keeper(".ecluse", "talk", "~/x y"), tmp_path).stdout.decode()
    assert said == f"-I {folder}/keeper.pyz talk ~/x y\n"


def test_a_program_that_is_sent_is_run_and_leaves_nothing(tmp_path):
    program = b"import sys; print(sys.argv[1:])"
    done = ran(prepare(".ecluse", "v1", "--apply", sent=True), tmp_path, program)
    assert done.stdout.decode().strip() == str(["prepare", f"{tmp_path}/.ecluse", "--apply"]), done.stderr
    assert not list(tmp_path.iterdir())


def test_one_that_is_too_old_says_nothing_where_another_is_found(tmp_path):
    (tmp_path / ".ecluse").mkdir()
    old = tmp_path / ".ecluse" / "python"
    old.write_text('#!/bin/sh\n[ "$1" = -V ] && echo Python 3.6.9\nexit 1\n')
    old.chmod(0o755)
    done = ran(prepare(".ecluse", "v1", "", sent=True), tmp_path, b"print('prepared')")
    assert (done.returncode, done.stdout) == (0, b"prepared\n")


def test_without_a_python_what_there_is_is_told(tmp_path):
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\n[ "$1" = -V ] && echo Python 3.6.9\nexit 1\n')
    old.chmod(0o755)
    done = ran(prepare(".ecluse", "v1", "").replace("/usr/bin/python3", "/nowhere"), tmp_path, path=str(tmp_path))
    assert (done.returncode, done.stdout) == (NO_PYTHON, b"Python 3.6.9\n")
