"""What happens around every command."""

import errno
import json

import pytest

from ecluse.cli.main import run
from ecluse.cli.options import complete_environment, complete_step
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


def test_what_only_reads_ends_without_a_word(capsys):
    with pytest.raises(SystemExit) as ended:
        guarded(failing(KeyboardInterrupt()), as_json=False, only_reads=True)
    assert (ended.value.code, capsys.readouterr()) == (130, ("", ""))


def test_wrong_usage_is_a_document_too(capsys):
    assert run(["ship", "--bogus", "--json"]) == 2
    said = capsys.readouterr()
    assert json.loads(said.out)["problems"][0]["code"] == "U001"
    assert "No such option" in said.err


def test_environments_and_steps_are_completed(tmp_path, monkeypatch):
    (tmp_path / "ecluse.toml").write_text(
        '[app]\nname = "x"\n[processes.w]\ncommand = "true"\n[steps.lint]\ncommand = "true"\n'
        "[environments.local]\n[environments.live]\nport = 8001\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ECLUSE_HOME", str(tmp_path / "home"))
    assert complete_environment(None, None, "l") == ["local", "live"]
    assert complete_step(None, None, "li") == ["lint"]
    (tmp_path / "ecluse.toml").write_text("no manifest")
    assert complete_environment(None, None, "") == []


def test_examples_stand_one_a_line(capsys):
    assert run(["check", "--help"]) == 0
    assert "  ecluse check --commit v1.2.0 --json\n" in capsys.readouterr().out
