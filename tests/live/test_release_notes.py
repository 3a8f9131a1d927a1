"""Notes by the real git-cliff, from its locked environment."""

import asyncio
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from ecluse.loop.release.make import plan_release
from ecluse.loop.release.told import with_notes
from ecluse.model.app import App
from ecluse.model.problem import ProblemError
from ecluse.providers.uv.toolbox import UvToolbox
from support.repositories import commit, git, repository
from support.worlds import world

pytestmark = [pytest.mark.live, pytest.mark.network]
CLIFF = """
[changelog]
header = ""
body = "## {{ version }}\\n{% for commit in commits %}\\n* {{ commit.message | upper_first }}{% endfor %}\\n"
trim = true

[git]
conventional_commits = true
"""
APP = App(name="shop", processes=())


@pytest.fixture
def commands():
    from ecluse.system.commands import SupervisedRunner

    runner = SupervisedRunner()
    yield runner
    runner.close()


@pytest.fixture
def told(tmp_path, commands):
    """What is told of the newest commit of a repository with that `cliff.toml`."""

    def made(cliff):
        _, root = repository(tmp_path / "shop", {"cliff.toml": cliff})
        git(root, "tag", "v1.0.0")
        commit(root, "feat: a window")
        commit(root, "fix: a hinge")
        home = tmp_path / "home"
        box = UvToolbox(home=home, env=dict(os.environ), commands=commands, python=Path(sys.executable))
        at = replace(world(root, home, commands), toolbox=box)
        (tmp_path / "private").mkdir()

        async def notes():
            head = await at.source.resolve("HEAD")
            planned = await plan_release(APP, at, head, tag=True, dirty=False)
            return (await with_notes(planned, "v", at.source, at, tmp_path / "private")).notes

        return asyncio.run(notes())

    return made


def test_they_are_of_the_commits_since_the_release_before(told):
    assert told(CLIFF) == "## v1.1.0\n\n* A window\n* A hinge\n"


def test_settings_that_are_wrong_stop_the_release(told):
    with pytest.raises(ProblemError) as caught:
        told("[changelog\n")
    assert caught.value.problems[0].code == "R032"


MANIFEST = '[app]\nname = "shop"\n[processes.worker]\ncommand = ["sleep", "600"]\n'


def test_a_dry_run_shows_the_notes_that_the_release_gets(tmp_path):
    files = {"cliff.toml": CLIFF, "ecluse.toml": MANIFEST, ".gitignore": ".ecluse/\n"}
    root = repository(tmp_path / "shop", files)[1]

    def notes(*options):
        done = subprocess.run(
            [sys.executable, "-m", "ecluse", "release", "--json", "-C", str(root), *options],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)["notes"]

    planned = notes("--dry-run")
    assert git(root, "tag", "--list") == ""
    assert planned == notes() == "## v0.1.0\n\n* First\n"
