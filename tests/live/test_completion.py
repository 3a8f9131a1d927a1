"""Tab in real shells, at a terminal."""

import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = [pytest.mark.live, pytest.mark.timeout(120)]

MANIFEST = """\
[app]
name = "shop"
[processes.web]
command = ["sleep", "600"]
[environments.local]
port = 8000
[environments.production]
port = 8001
[steps.migrations]
command = ["true"]
"""
SHELLS = {
    "bash": (["--norc", "-i"], ['eval "$(ecluse completion bash)"']),
    "zsh": (["-f", "-i"], ["autoload -U compinit", "compinit -u", 'eval "$(ecluse completion zsh)"']),
    "fish": (["--no-config", "-i"], ["ecluse completion fish | source"]),
}
TO_BEGIN = "\x01"
"""Ctrl-A: shells show a completion in ways of their own, but all print what is said."""


@pytest.fixture
def repository(tmp_path):
    (tmp_path / "ecluse.toml").write_text(MANIFEST)
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    return tmp_path


class Terminal:
    def __init__(self, argv, folder, env):
        self._pid, self._terminal = pty.fork()
        if self._pid == 0:
            os.chdir(folder)
            os.execvpe(argv[0], argv, env)
        self.shown = ""

    def types(self, text):
        os.write(self._terminal, text.encode())

    def shows(self, text, within=20):
        """What was shown until then is forgotten."""
        deadline = time.monotonic() + within
        while text not in self.shown and time.monotonic() < deadline:
            if select.select([self._terminal], [], [], 0.1)[0]:
                self.shown += os.read(self._terminal, 65536).decode(errors="replace")
        found, self.shown = text in self.shown, self.shown.partition(text)[2]
        return found

    def end(self):
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self._terminal)


@pytest.fixture(params=SHELLS)
def terminal(request, repository):
    if not shutil.which(request.param):
        pytest.skip(f"{request.param} is not installed on this machine")
    options, begin = SHELLS[request.param]
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    env = {"PATH": path, "HOME": str(repository), "TERM": "xterm", "PS1": "> ", "LANG": "C.UTF-8"}
    terminal = Terminal([request.param, *options], repository, env)
    try:
        for line in begin:
            terminal.types(line + "\n")
        terminal.types("echo rea''dy\n")
        assert terminal.shows("ready"), terminal.shown
        yield terminal
    finally:
        terminal.end()


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("ecluse rollba", "ecluse rollback"),
        ("ecluse ship prod", "ecluse ship production"),
        ("ecluse run migr", "ecluse run migrations"),
        ("ecluse check --fail-f", "ecluse check --fail-fast"),
    ],
)
def test_it_completes_verbs_options_and_what_the_manifest_names(terminal, typed, completed):
    terminal.types(f"{typed}\t{TO_BEGIN}echo it is: \n")
    assert terminal.shows(f"it is: {completed}"), terminal.shown
