"""Git hooks, called by git."""

import json
import os
import subprocess

import pytest
from click.testing import CliRunner

from ecluse.cli.main import cli
from ecluse.loop.code.hooks import is_conventional, message_problem
from ecluse.model.ids import Commit
from ecluse.ports.source import Change
from support import repositories
from support.hooks import MANIFEST

pytestmark = pytest.mark.once  # slow, and not about Python

OWN = "#!/bin/sh\nexit 0\n"


@pytest.fixture
def repository(tmp_path):
    files = {"ecluse.toml": MANIFEST, "state": "good\n"}
    return repositories.repository(tmp_path / "repository", files)[1]


@pytest.fixture
def ecluse(repository):
    def ecluse(*arguments):
        done = CliRunner().invoke(cli, ["hooks", *arguments, "--directory", str(repository), "--json"])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done

    return ecluse


def document(done):
    return json.loads(done.stdout)


@pytest.fixture
def git(repository):
    """With hooks, as a person calls it; `repositories.git` leaves them out."""

    def git(*arguments):
        env = {
            **os.environ,
            **{f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
        }
        return subprocess.run(("git", *arguments), cwd=repository, env=env, capture_output=True, text=True, check=False)

    return git


def hook(repository, name):
    return repository / ".git" / "hooks" / name


def test_a_commit_is_refused_for_what_is_staged_and_not_for_what_lies_there(ecluse, git, repository):
    assert document(ecluse("install"))["hooks"] == {"pre-commit": "installed", "pre-push": "installed"}
    (repository / "state").write_text("bad\n")
    git("add", "state")
    (repository / "state").write_text("good again, not staged\n")
    refused = git("commit", "-m", "bad")
    assert refused.returncode != 0
    assert "✗ good" in refused.stdout + refused.stderr
    git("add", "state")
    (repository / "state").write_text("bad, not staged\n")
    assert git("commit", "-m", "good").returncode == 0
    assert git("show", "HEAD:state").stdout == "good again, not staged\n"


def test_what_passed_before_the_commit_is_cached_after_it(ecluse, git, repository):
    ecluse("install")
    (repository / "state").write_text("good too\n")
    assert git("commit", "-am", "more").returncode == 0
    done = CliRunner().invoke(cli, ["check", "--directory", str(repository), "--json"])
    assert document(done)["steps"][0]["cached"]


def test_a_push_is_refused_for_what_is_pushed(ecluse, git, repository, tmp_path):
    subprocess.run(("git", "init", "-q", "--bare", tmp_path / "there"), check=True)
    repositories.commit(repository, "bad", {"state": "bad\n"})
    ecluse("install")
    assert git("push", str(tmp_path / "there"), "HEAD:refs/heads/main").returncode != 0
    assert git("push", str(tmp_path / "there"), "HEAD~1:refs/heads/main").returncode == 0
    assert git("push", str(tmp_path / "there"), ":refs/heads/main").returncode == 0


def test_a_name_for_what_the_remote_has_may_be_pushed(ecluse, git, repository, tmp_path):
    subprocess.run(("git", "init", "-q", "--bare", tmp_path / "there"), check=True)
    git("remote", "add", "origin", str(tmp_path / "there"))
    old = repositories.commit(repository, "bad", {"state": "bad\n"})
    repositories.commit(repository, "good", {"state": "good\n"})
    ecluse("install")
    assert git("push", "origin", f"{old}:refs/heads/old").returncode != 0
    assert git("push", "origin", "HEAD:refs/heads/main").returncode == 0
    git("tag", "old", old)
    git("tag", "file", "HEAD:state")
    assert git("push", "origin", "old", "file").returncode == 0


def test_somebody_s_own_hook_is_kept_and_comes_back(ecluse, repository):
    hook(repository, "pre-commit").parent.mkdir(exist_ok=True)
    hook(repository, "pre-commit").write_text(OWN)
    refused = ecluse("install")
    assert refused.exit_code == 2
    assert document(refused)["problems"][0]["code"] == "C012"
    assert hook(repository, "pre-commit").read_text() == OWN
    assert not hook(repository, "pre-push").exists()
    assert document(ecluse("install", "--force"))["hooks"]["pre-commit"] == "installed"
    assert document(ecluse())["hooks"] == {"pre-commit": "ours", "pre-push": "ours", "commit-msg": "absent"}
    assert document(ecluse("install"))["hooks"] == {"pre-commit": "current", "pre-push": "current"}
    assert document(ecluse("uninstall"))["hooks"]["pre-commit"] == "restored"
    assert hook(repository, "pre-commit").read_text() == OWN
    assert not hook(repository, "pre-push").exists()
    assert document(ecluse("uninstall"))["hooks"]["pre-commit"] == "other"


def test_a_hook_that_was_kept_is_not_lost_to_a_second_one(ecluse, repository):
    kept, other = hook(repository, "pre-commit.before-ecluse"), "#!/bin/sh\nexit 1\n"
    hook(repository, "pre-commit").parent.mkdir(exist_ok=True)
    hook(repository, "pre-commit").write_text(OWN)
    ecluse("install", "--force")
    hook(repository, "pre-commit").write_text(other)  # another tool's
    assert document(ecluse("install", "--force"))["problems"][0]["code"] == "C014"
    assert (kept.read_text(), hook(repository, "pre-commit").read_text()) == (OWN, other)
    kept.unlink()
    assert document(ecluse("install", "--force"))["hooks"]["pre-commit"] == "installed"
    assert kept.read_text() == other


def test_a_link_that_leads_nowhere_today_is_a_hook_too(ecluse, repository, tmp_path):
    hook(repository, "pre-commit").parent.mkdir(exist_ok=True)
    hook(repository, "pre-commit").symlink_to(tmp_path / "not-mounted")
    assert document(ecluse("install"))["problems"][0]["code"] == "C012"
    ecluse("install", "--force")
    ecluse("uninstall")
    assert hook(repository, "pre-commit").readlink() == tmp_path / "not-mounted"


def test_apps_of_one_repository_have_one_hook_for_all(tmp_path, monkeypatch):
    one = {"ecluse.toml": '[apps.a]\nfolder = "a"\n[apps.b]\nfolder = "the b"\n'}
    there = {f"{folder}/{name}": text for folder in ("a", "the b")
             for name, text in (("ecluse.toml", MANIFEST), ("state", "good\n"))}  # fmt: skip
    root = repositories.repository(tmp_path / "two", {**one, **there})[1]
    monkeypatch.chdir(root)

    def hooks(*arguments):
        return document(CliRunner().invoke(cli, ["hooks", *arguments, "--json"]))["hooks"]

    assert hooks("install", "--app", "a")["pre-commit"] == "installed"
    assert hooks("install", "--app", "b")["pre-commit"] == "installed"
    assert hooks("install", "--app", "a")["pre-commit"] == "current"

    def commits(message, **files):
        repositories.write(root, files)
        words = ("git", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qam", message)
        return subprocess.run(words, capture_output=True, check=False).returncode == 0

    assert not commits("bad a", **{"a/state": "bad\n"})
    assert not commits("bad b", **{"a/state": "good\n", "the b/state": "bad\n"})
    assert commits("good", **{"the b/state": "good too\n"})
    repositories.git(root, "rm", "-rq", "a")
    assert commits("one app less")


def test_a_dry_run_writes_nothing(ecluse, repository):
    assert document(ecluse("install", "--dry-run"))["outcome"] == "planned"
    assert not hook(repository, "pre-push").exists()


def test_hooks_that_another_tool_looks_after_are_left_alone(ecluse, git):
    git("config", "core.hooksPath", ".husky")
    assert document(ecluse("install"))["problems"][0]["code"] == "C013"


def test_where_commits_follow_the_convention_new_ones_have_to(ecluse, git, repository):
    for number in range(6):
        repositories.commit(repository, f"fix: {number}", {"a": str(number)})
    assert document(ecluse("install"))["hooks"]["commit-msg"] == "installed"
    refused = git("commit", "--allow-empty", "-m", "more of it")
    assert refused.returncode != 0
    assert "C011" in refused.stderr
    assert git("commit", "--allow-empty", "-m", "feat(shop)!: more of it").returncode == 0


def changes(*subjects):
    return [Change(commit=Commit(""), subject=subject, body="", author="") for subject in subjects]


def test_a_few_commits_are_no_convention():
    assert not is_conventional(changes(*["fix: a"] * 4))
    assert is_conventional(changes(*["fix: a"] * 8, "what", "other", "Merge branch 'x'", "Merge branch 'y'"))
    assert not is_conventional(changes(*["fix: a"] * 7, *["what"] * 3))


@pytest.mark.parametrize(
    "text", ["# a comment\n\nfix(a): b\n\nbody", "Merge branch 'x'", 'Revert "fix: a"', "fixup! what", "", "feat!: a"]
)
def test_messages_that_may_be(text):
    assert message_problem(text) is None


@pytest.mark.parametrize("text", ["add a thing", "fix:no space", "# only\nUpdate x"])
def test_messages_that_may_not(text):
    assert message_problem(text).code == "C011"
