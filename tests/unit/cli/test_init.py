"""`ecluse init` without a try: what it prints, what it writes, what it leaves alone."""

import json
import os
import pty
import re
import socket
import subprocess
import sys

import pytest
from click.testing import CliRunner

from ecluse import whereabouts
from ecluse.cli import init
from ecluse.model.problem import ProblemError
from support.repositories import repository

pytestmark = pytest.mark.once

FLASK = {"app.py": "from flask import Flask\napp = Flask('shop')\n"}


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("ECLUSE_HOME", str(tmp_path / "home"))
    return repository(tmp_path / "shop", FLASK)[1]


def run(root, *arguments, answer=None):
    return CliRunner().invoke(init.command, ["-C", str(root), "--no-try", *arguments], input=answer)


def test_the_manifest_is_written_and_the_next_command_told(root):
    done = run(root, "--yes")
    assert done.exit_code == 0, done.output
    assert 'app = "app:app" # app.py:2' in (root / "ecluse.toml").read_text()
    assert "ecluse ship" in done.stderr
    assert "[security]" in done.stderr, "it isn't in the manifest, so it is said that there is such a gate"
    assert done.stdout == ""


def test_one_document_says_everything(root):
    document = json.loads(run(root, "--json").stdout)
    assert document["outcome"] == "written"
    assert document["tried"] == []
    assert document["reasons"]["processes.web.app"] == "app.py:2"
    assert document["manifest"] == (root / "ecluse.toml").read_text()


def test_a_dry_run_shows_the_manifest_and_writes_nothing(root):
    done = run(root, "--dry-run")
    assert "[processes.web]" in done.stdout
    assert not (root / "ecluse.toml").exists()


@pytest.mark.parametrize(("answer", "code"), [("n", 2), ("y", 0)])
def test_a_manifest_is_replaced_only_when_the_person_says_so(root, answer, code):
    (root / "ecluse.toml").write_text("mine")
    assert at_a_terminal(root, answer) == code
    assert ((root / "ecluse.toml").read_text() == "mine") is bool(code)


def at_a_terminal(root, answer):
    """The code of `init` there, where a person answers what it asks."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "ecluse", "init", "--no-try", "-C", str(root)]
    with subprocess.Popen(command, stdin=theirs, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as asking:
        os.write(ours, f"{answer}\n".encode())
        asking.communicate()
    os.close(ours)
    os.close(theirs)
    return asking.returncode


@pytest.mark.parametrize("answer", ["", "y\n"])
def test_without_a_terminal_nobody_is_asked_and_force_is_named(root, answer):
    (root / "ecluse.toml").write_text("mine")
    done = run(root, answer=answer)
    assert done.exit_code == 2
    assert "I003" in done.stderr
    assert "`ecluse init --force`" in done.stderr
    assert "Replace it?" not in done.stderr
    assert (root / "ecluse.toml").read_text() == "mine"


def test_a_script_must_say_force(root):
    (root / "ecluse.toml").write_text("mine")
    assert run(root, "--yes").exit_code == 2
    assert run(root, "--yes", "--force").exit_code == 0
    assert (root / "ecluse.toml").read_text() != "mine"


def test_the_port_of_a_manifest_that_is_replaced_is_kept(root):
    """The app may be serving there now: on another port the next ship would be refused."""
    assert run(root, "--yes", "--no-try").exit_code == 0
    manifest = root / "ecluse.toml"
    manifest.write_text(re.sub(r"port = \d+", "port = 20123", manifest.read_text()))
    assert run(root, "--yes", "--no-try", "--force").exit_code == 0
    assert "port = 20123" in manifest.read_text()


def test_a_manifest_in_pyproject_counts(root):
    (root / "pyproject.toml").write_text("[tool.ecluse.app]\nname = 'x'\n")
    done = run(root, "--yes")
    assert done.exit_code == 2
    assert "pyproject.toml holds a manifest already" in done.stderr


def test_a_port_that_somebody_has_is_not_taken():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ProblemError, match="I004"):
            init.free_port(port, port)
    assert init.free_port(port, port) == port


def test_a_second_manifest_is_never_written_beside_one_in_pyproject(root):
    (root / "pyproject.toml").write_text("[tool.ecluse]\nmanifest = 1\n")
    done = run(root, "--yes", "--force")
    assert done.exit_code == 2
    assert "I005" in done.stderr
    assert not (root / "ecluse.toml").exists()


def test_in_a_monorepo_the_folder_it_is_called_in_is_the_app(root):
    part = root / "services" / "mail"
    part.mkdir(parents=True)
    (part / "mail.py").write_text("from flask import Flask\napp = Flask('mail')\n")
    assert run(part, "--yes").exit_code == 0
    assert 'app = "mail:app" # mail.py:2' in (part / "ecluse.toml").read_text()
    assert "app:app" not in (part / "ecluse.toml").read_text().replace("mail:app", "")
    assert not (root / "ecluse.toml").exists()


def test_outside_of_a_repository_the_folder_is_the_app(tmp_path):
    (tmp_path / "Procfile").touch()
    (tmp_path / "part").mkdir()
    assert whereabouts.find_app(tmp_path / "part") == tmp_path / "part"


@pytest.mark.parametrize(
    ("marks", "at"),
    [
        ((), "."),
        (("services/pyproject.toml",), "services"),
        (("services/mail/requirements.txt",), "services/mail"),
    ],
)
def test_a_part_that_is_no_app_is_left_for_the_app_that_it_is_a_part_of(root, monkeypatch, marks, at):
    part = root / "services" / "mail"
    part.mkdir(parents=True)
    (part / "web.py").write_text("from flask import Flask\napp = Flask('mail')\n")
    for mark in marks:
        (root / mark).write_text("")
    monkeypatch.chdir(part)
    done = CliRunner().invoke(init.command, ["--no-try", "--yes"])
    assert done.exit_code == 0, done.output
    assert [path.parent for path in root.rglob("ecluse.toml")] == [root / at]
    assert ("this folder is a part of" in done.stderr) is (at != "services/mail")
    assert (f"cd {root / at} && git add" in done.stderr) is (at != "services/mail")


def test_a_folder_that_was_left_out_is_told_with_what_to_type(tmp_path, monkeypatch):
    monkeypatch.setenv("ECLUSE_HOME", str(tmp_path / "home"))
    worker = "if __name__ == '__main__':\n    print()\n"
    files = {"api/app.py": FLASK["app.py"], "api/requirements.txt": "flask\n", "mailer/worker.py": worker}
    root = repository(tmp_path / "shop", {**files, "mailer/requirements.txt": "redis\n"})[1]
    done = run(root, "--yes")
    assert done.exit_code == 0, done.output
    for told in (done.stderr, (root / "ecluse.toml").read_text()):
        words = " ".join(told.split())
        assert "mailer/ is to this app: it runs by itself (mailer/worker.py:1) and was left out" in words
        assert "`ecluse init -C mailer`" in words


def homes(root):
    return sorted(str(path.parent.relative_to(root)) for path in root.rglob(".ecluse"))


@pytest.mark.parametrize("at", [".", "lib"])
@pytest.mark.parametrize(
    "left", [(), ("key", "cache/interpreters.json"), ("envs/a/pyvenv.cfg", "keepers/p", "ballast")]
)
def test_an_init_that_finds_nothing_to_run_leaves_no_home(tmp_path, at, left):
    root = repository(tmp_path / "shop", {"lib/sums.py": "def add(a, b): ...\n"})[1]
    leave(root / at, left)
    done = run(root / at, "--yes")
    assert "I001" in done.stderr
    assert homes(root) == []


def leave(folder, names):
    """What an earlier try has left there."""
    for name in (".gitignore", *names) if names else ():
        path = folder / ".ecluse" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("*\n")


@pytest.mark.parametrize("kept", ["ledger.db", "environments/local/state.json", "services/db/data"])
def test_a_home_in_which_something_was_recorded_or_serves_stays(tmp_path, kept):
    root = repository(tmp_path / "shop", {"lib/sums.py": "def add(a, b): ...\n"})[1]
    leave(root, (kept,))
    assert "I001" in run(root, "--yes").stderr
    assert (root / ".ecluse" / kept).exists()


@pytest.mark.parametrize(("manifest", "expected"), [(False, []), (True, ["."])])
def test_an_app_in_a_folder_takes_the_place_of_a_try_of_the_root(tmp_path, manifest, expected):
    root = repository(tmp_path / "shop", {"api/app.py": FLASK["app.py"], "api/requirements.txt": "flask\n"})[1]
    leave(root, ("key", "envs/a/pyvenv.cfg"))
    if manifest:
        (root / "ecluse.toml").write_text("[app]\nname = 'shop'\n")
    assert run(root / "api", "--yes").exit_code == 0
    assert [home for home in homes(root) if home != "api"] == expected
