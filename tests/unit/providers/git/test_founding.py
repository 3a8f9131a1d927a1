"""A new repository in the user's own name."""

import asyncio
import os

import pytest

from ecluse.providers.git.founding import GitFounder
from support.repositories import git

NAMED = "[user]\n name = Ada\n email = ada@example.org\n"


@pytest.fixture
def founder(tmp_path, commands):
    """Of a user whose settings are given."""

    def founder(settings, **env):
        home = tmp_path / "home"
        home.mkdir()
        (home / ".gitconfig").write_text(settings)
        return GitFounder(commands, {"PATH": os.environ["PATH"], "HOME": str(home), **env})

    return founder


def test_the_first_commit_is_the_users_own_and_leaves_out_what_is_ignored(founder, tmp_path):
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / ".gitignore").write_text("secret\n")
    (folder / "secret").write_text("x")
    asyncio.run(founder(NAMED).found(folder, "feat: begin"))
    assert git(folder, "log", "--format=%an <%ae> %s") == "Ada <ada@example.org> feat: begin"
    assert git(folder, "ls-files") == ".gitignore"
    assert git(folder, "branch", "--show-current") == "main"


def test_hooks_that_a_user_has_for_new_repositories_do_not_run(founder, tmp_path):
    hook = tmp_path / "template" / "hooks" / "pre-commit"
    hook.parent.mkdir(parents=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "a").touch()
    settings = f"{NAMED}[init]\n templateDir = {hook.parents[1]}\n defaultBranch = trunk\n"
    asyncio.run(founder(settings).found(folder, "feat: begin"))
    assert git(folder, "branch", "--show-current") == "main"
    assert (folder / ".git" / "hooks" / "pre-commit").exists()


def test_who_the_user_is_comes_from_their_settings_or_their_environment(founder, tmp_path):
    assert asyncio.run(founder(NAMED).author(tmp_path)) == "Ada"


def test_a_name_is_never_made_up(founder, tmp_path):
    assert asyncio.run(founder("").author(tmp_path)) == ""


def test_an_identity_of_the_environment_is_one(founder, tmp_path):
    who = {f"GIT_{role}_{what}": "Eve" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    assert asyncio.run(founder("", **who).author(tmp_path)) == "Eve"
