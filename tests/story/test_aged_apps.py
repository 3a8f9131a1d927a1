"""Applications of another age, from packages of that age: served unedited, by cures that the manifest keeps."""

import json
import os
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.network, pytest.mark.full, pytest.mark.timeout(900)]

APP = 'from flask import Flask\napp = Flask(__name__)\n{more}\n@app.route("/")\ndef index():\n    return "hello"\n'
PINS_OF_2018 = "Flask==0.12.2\nWerkzeug==0.14.1\nJinja2==2.10\nMarkupSafe==1.1.1\nitsdangerous==0.24\nclick==6.7\n"


@pytest.fixture
def init(tmp_path):
    """Write a repository that was committed to last on `day`, and try it."""

    def tried(files, day):
        for name, text in {"app.py": APP.format(more=""), **files}.items():
            (tmp_path / name).write_text(text)
        date = f"{day}T00:00:00Z"
        env = {**os.environ, "GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
        git = ("git", "-c", "user.name=t", "-c", "user.email=t@localhost")
        for words in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "--message", "First commit")):
            subprocess.run([*git, *words], cwd=tmp_path, env=env, check=True)
        argv = [sys.executable, "-m", "ecluse", "init", "--yes", "--json"]
        done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False)
        said = json.loads(done.stdout)
        cures = [trial["answer"] for trial in said.get("tried", ()) if trial["what"] == "cure"]
        return said, cures

    return tried


def test_a_set_that_dies_at_import_runs_on_an_older_python(init):
    said, cures = init({"requirements.txt": PINS_OF_2018}, "2018-10-01")
    assert cures == ["Python 3.9"]
    assert 'python = "3.9"' in said["manifest"]


def test_a_half_pinned_set_gets_the_packages_of_its_time(init):
    said, cures = init({"requirements.txt": "Flask==1.0.2\n"}, "2018-10-01")
    assert cures[0] == "packages as of 2018-10-02"
    assert 'exclude_newer = "2018-10-02T00:00:00Z"' in said["manifest"]


def test_ranges_are_taken_where_their_lock_does_not_build(init):
    compiled = "flask==2.0.0\nnumpy==1.17.0\nwerkzeug==2.0.0\n"
    said, cures = init({"requirements.in": "flask\nnumpy\n", "requirements.txt": compiled}, "2024-10-01")
    assert cures[-1] == "requirements.in instead of requirements.txt"
    assert 'requirements = ["requirements.in"]' in said["manifest"]


def test_the_code_s_own_syntax_chooses_the_python(init):
    files = {"app.py": APP.format(more="type Name = str"), "requirements.txt": "Flask\n", ".python-version": "3.11\n"}
    said, _ = init(files, "2025-01-01")
    assert 'python = "3.12" # app.py:3 is no Python 3.11' in said["manifest"]


def test_a_python_that_is_not_here_is_one_problem(init):
    project = '[project]\nname = "x"\nversion = "1"\nrequires-python = ">=3.99"\ndependencies = ["flask"]\n'
    said, _ = init({"pyproject.toml": project}, "2025-01-01")
    assert [problem["code"] for problem in said["problems"]] == ["B001"]
