"""What pytest is told elsewhere than in its command."""

import pytest

from ecluse.loop.test.addopts import addopts
from ecluse.loop.test.stopping import ends_after, said_to_end
from ecluse.manifest.argv import SHELL


@pytest.mark.parametrize(
    ("files", "words", "where"),
    [
        ({}, (), ""),
        ({"pyproject.toml": "[tool.pytest.ini_options]\naddopts = ['-x', '-q']"}, ("-x", "-q"), "pyproject.toml"),
        ({"pyproject.toml": "[tool.pytest]\naddopts = ['-x']"}, ("-x",), "pyproject.toml"),
        ({"pyproject.toml": "[tool.ruff]", "setup.cfg": "[tool:pytest]\naddopts = -x %s"}, ("-x", "%s"), "setup.cfg"),
        ({"tox.ini": "[pytest]\naddopts =\n  -x\n  --maxfail=2"}, ("-x", "--maxfail=2"), "tox.ini"),
        ({"tox.ini": "[tox]", "pytest.ini": ""}, (), ""),
        ({"pytest.ini": "[pytest]", "tox.ini": "[pytest]\naddopts = -x"}, (), ""),
        ({"app/pytest.ini": "[pytest]\naddopts = -q", "tox.ini": "[pytest]\naddopts = -x"}, ("-q",), "app/pytest.ini"),
        ({"pytest.ini": "no ini", "pyproject.toml": "no toml ="}, (), ""),
        ({"pytest.ini": "[pytest]\naddopts = 'open"}, (), ""),
    ],
)
def test_they_stand_in_the_nearest_file_that_is_pytest_s(tmp_path, files, words, where):
    (tmp_path / "app").mkdir()
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    found = addopts(tmp_path, "app", {})
    assert (found.words, found.where) == (words, f"addopts of {where}" if where else "")


def test_those_of_the_environment_come_behind(tmp_path):
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -x\n")
    found = addopts(tmp_path, ".", {"PYTEST_ADDOPTS": "--maxfail=0"})
    assert (found.words, found.where) == (("-x", "--maxfail=0"), "addopts of pytest.ini and PYTEST_ADDOPTS")


@pytest.mark.parametrize(
    ("command", "failures"),
    [
        ("pytest", 1),
        ("pytest --maxfail=0", 0),
        ("pytest --maxfail=3", 3),
        ("pytest -o addopts= tests", 0),
        ("pytest --override-ini=addopts=-q tests", 0),
        ("PYTEST_ADDOPTS=--maxfail=2 pytest", 2),
        ("python -m unittest", 0),
        ("make test", 0),
    ],
)
def test_the_words_of_the_command_come_last(command, failures):
    assert ends_after((*SHELL, command), ("-x",)) == failures


@pytest.mark.parametrize(
    ("line", "failures"),
    [
        ("!!!!!!!!! stopping after 1 failures !!!!!!!!!", 1),
        ("!!!!!! xdist.dsession.Interrupted: stopping after 2 failures !!!!!!", 2),
        ("stopping after 1 failures", 0),
    ],
)
def test_pytest_s_last_words_say_it_for_a_command_that_doesn_t_name_it(line, failures):
    assert said_to_end(f"FAILED test_a.py\n{line}\n1 failed\n") == failures
