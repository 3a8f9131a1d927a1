"""A git remote, told and asked."""

import asyncio
import os
import socket
import threading

import pytest

from ecluse.model.problem import ProblemError
from ecluse.providers.git.reaching import credentials
from ecluse.providers.git.remote import GitRemote
from support.repositories import commit, git, repository


@pytest.fixture
def root(tmp_path):
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", "remote.git")
    _, root = repository(tmp_path / "shop", {"app.py": ""})
    git(root, "remote", "add", "origin", "../remote.git")
    git(root, "push", "--quiet", "origin", "main")
    return root


@pytest.fixture
def remote(root, commands):
    return GitRemote("origin", root, commands, {"PATH": os.environ["PATH"]})


def head(root):
    return git(root, "rev-parse", "HEAD")


def test_a_tag_is_pushed_once(root, remote):
    git(root, "tag", "--annotate", "--message=x", "v1")
    for _ in range(2):
        asyncio.run(remote.push("v1", head(root)))
    (tag,) = asyncio.run(remote.tags("v"))
    assert (tag.name, tag.commit) == ("v1", head(root))


def test_a_tag_takes_no_other_along(root, remote):
    git(root, "config", "push.followTags", "true")
    for name in ("mine-alone", "v1"):
        git(root, "tag", "--annotate", "--message=x", name)
    asyncio.run(remote.push("v1", head(root)))
    assert [tag.name for tag in asyncio.run(remote.tags(""))] == ["v1"]


def test_a_tag_that_is_there_for_another_commit_is_never_moved(root, remote):
    git(root, "tag", "v1")
    git(root, "push", "--quiet", "origin", "v1")
    git(root, "tag", "--delete", "v1")
    commit(root, "another")
    git(root, "tag", "v1")
    with pytest.raises(ProblemError) as caught:
        asyncio.run(remote.push("v1", head(root)))
    assert caught.value.problems[0].code == "R034"


def test_a_hook_that_says_no_is_quoted(root, remote, tmp_path):
    hook = tmp_path / "remote.git" / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho protected >&2\nexit 1\n")
    hook.chmod(0o755)
    git(root, "tag", "v1")
    with pytest.raises(ProblemError) as caught:
        asyncio.run(remote.push("v1", head(root)))
    assert caught.value.problems[0].code == "R011"
    assert any("protected" in line for line in caught.value.problems[0].evidence)


def test_a_remote_that_is_away_is_a_problem_and_one_that_nobody_declared_has_no_address(
    root, remote, commands, tmp_path
):
    (tmp_path / "remote.git").rename(tmp_path / "away.git")
    with pytest.raises(ProblemError) as caught:
        asyncio.run(remote.tags("v"))
    assert (caught.value.problems[0].code, caught.value.exit) == ("R020", 5)
    other = GitRemote("upstream", root, commands, {"PATH": os.environ["PATH"]})
    assert asyncio.run(other.address()) == ""


@pytest.mark.parametrize("name", ["shop", 'here: "\\ü\n'])
def test_a_history_has_the_tags_of_both_and_leaves_the_repository_as_it_is(root, commands, tmp_path, name):
    root = root.rename(tmp_path / name)
    remote = GitRemote("origin", root, commands, {"PATH": os.environ["PATH"]})
    git(root, "tag", "v1")
    git(root, "push", "--quiet", "origin", "v1")
    git(root, "tag", "--delete", "v1")
    git(root, "tag", "v2")
    before = git(root, "for-each-ref")
    (tmp_path / "view").mkdir()
    seen = asyncio.run(remote.history(head(root), tmp_path / "view"))
    assert {tag.name for tag in asyncio.run(seen.tags(head(root), "v"))} == {"v1", "v2"}
    assert git(root, "for-each-ref") == before


@pytest.mark.parametrize(
    ("env", "key", "word"),
    [
        (
            {"GITHUB_SERVER_URL": "https://forge.example.org", "GITHUB_TOKEN": "t"},
            "forge.example.org",
            "x-access-token:t",
        ),
        ({"CI_SERVER_URL": "https://lab.example.org/", "CI_JOB_TOKEN": "t"}, "lab.example.org", "gitlab-ci-token:t"),
    ],
)
def test_a_ci_s_token_is_for_its_own_forge_only(env, key, word):
    from base64 import b64encode

    header = f"Authorization: Basic {b64encode(word.encode()).decode()}"
    assert credentials(env) == ((f"http.https://{key}/.extraHeader", header),)


def test_a_remote_behind_a_proxy_is_reached_by_it(root, commands):
    with socket.create_server(("127.0.0.1", 0)) as server:
        asked = []

        def answer():
            connection, _ = server.accept()
            asked.append(connection.recv(4096))
            connection.close()

        proxy = threading.Thread(target=answer, daemon=True)
        proxy.start()
        git(root, "remote", "set-url", "origin", "https://forge.invalid/team/shop.git")
        env = {"PATH": os.environ["PATH"], "https_proxy": f"http://127.0.0.1:{server.getsockname()[1]}"}
        with pytest.raises(ProblemError):
            asyncio.run(GitRemote("origin", root, commands, env).tags("v"))
        proxy.join(10)
    assert asked[0].startswith(b"CONNECT forge.invalid:443")


def test_elsewhere_git_has_its_own_credentials():
    assert credentials({"GITHUB_TOKEN": "t"}) == ()
