"""What happens around every command."""

import errno
import json

import pytest

from ecluse.cli.session import guarded


def failing(error):
    async def work():
        raise error

    return work


def test_a_full_disk_is_a_problem_wherever_it_strikes(capsys):
    with pytest.raises(SystemExit) as ended:
        guarded(failing(OSError(errno.ENOSPC, "No space left on device", "/x")), as_json=True)
    assert ended.value.code != 0
    (problem,) = json.loads(capsys.readouterr().out)["problems"]
    assert problem["code"].startswith("S01")
    assert problem["fix"]


def test_another_error_of_the_system_is_not_hidden():
    with pytest.raises(OSError, match="bad"):
        guarded(failing(OSError(errno.EBADF, "bad")), as_json=False)


def test_an_interrupt_is_one_document_too(capsys):
    with pytest.raises(SystemExit) as ended:
        guarded(failing(KeyboardInterrupt()), as_json=True)
    assert ended.value.code == 130
    assert json.loads(capsys.readouterr().out)["problems"][0]["code"] == "D023"
