"""The program that is sent to the balancer's machine, on the oldest Python that it may meet there, and on ours."""

import json
import socket
import stat
import subprocess
import sys
import threading

import pytest

from ecluse.keeper import pythons
from ecluse.providers.outpost.outpost import PROGRAM

OLDEST = pythons.find("3.9")


@pytest.fixture(
    params=[
        pytest.param(
            OLDEST, marks=pytest.mark.skipif(OLDEST is None, reason="no Python 3.9 on this machine"), id="3.9"
        ),
        pytest.param(sys.executable, id="ours"),
    ]
)
def there(request):
    """As it is called: its text is an argument."""

    def there(*words, given=""):
        ran = subprocess.run(
            [request.param, "-I", "-c", PROGRAM.read_text(), *map(str, words)],
            input=given, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (ran.returncode, ran.stderr) == (0, "")
        return json.loads(ran.stdout)

    return there


@pytest.fixture
def file(tmp_path):
    file = tmp_path / "shop.servers"
    file.write_text("before\n")
    file.chmod(0o640)
    return file


def change(there, file, *command, before="before\n"):
    return there("change", file, *command, given=json.dumps({"before": before, "after": "after\n"}))


def test_a_question_is_answered_whole(there):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        heard = []

        def answer():
            talk, _ = listener.accept()
            with talk:
                heard.append(talk.recv(100))
                talk.sendall(b"x" * 200_000)

        answering = threading.Thread(target=answer)
        answering.start()
        said = there("ask", f"127.0.0.1:{listener.getsockname()[1]}", given="show stat")
        answering.join()
    assert (heard, len(said["answer"])) == ([b"show stat\n"], 200_000)


def test_what_is_not_there_is_told_by_its_number(there, tmp_path):
    for words in (("ask", tmp_path / "none"), ("read", tmp_path / "none")):
        assert there(*words) == {"errno": 2, "why": "No such file or directory"}
    assert change(there, tmp_path / "none", "true")["errno"] == 2


def test_a_file_is_written_and_the_command_run(there, file, tmp_path):
    assert "ending" in change(there, file, "sh", "-c", f"cat {file} >{tmp_path}/seen")
    assert (file.read_text(), (tmp_path / "seen").read_text()) == ("after\n", "after\n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert {path.name for path in tmp_path.iterdir()} == {"shop.servers", "seen"}
    assert there("read", file)["text"] == "after\n"


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [(("sh", "-c", "echo no >&2; exit 3"), 3, "no\n"), (("/no/such",), 127, "/no/such: No such file or directory")],
)
def test_a_command_that_fails_puts_it_back(there, file, command, code, said):
    assert change(there, file, *command) == {"failed": said, "code": code}
    assert file.read_text() == "before\n"


def test_what_somebody_else_wrote_is_not_overwritten(there, file):
    assert change(there, file, "true", before="older\n") == {"raced": True}
    assert file.read_text() == "before\n"
