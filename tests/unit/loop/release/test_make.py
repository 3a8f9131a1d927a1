"""Planning and making releases in a real repository."""

import asyncio

import pytest

from ecluse.loop.release.make import make_release, plan_release
from ecluse.model.app import App, ReleasePolicy
from ecluse.model.artifact import Bundle
from ecluse.model.problem import ProblemError
from support.repositories import commit, git, repository
from support.worlds import world

APP = App(name="shop", processes=())
CONFIG = "sha256:" + "c" * 64


@pytest.fixture
def root(tmp_path):
    return repository(tmp_path / "shop", {"app.py": ""})[1]


@pytest.fixture
def at(root, tmp_path, commands):
    return world(root, tmp_path / "home", commands)


def head(root):
    return git(root, "rev-parse", "HEAD")


def plan(at, app=APP, *, tag=True, dirty=False):
    return asyncio.run(plan_release(app, at, head(at.root), tag=tag, dirty=dirty))


def make(at, planned, *, dirty=False, content="b"):
    bundle = Bundle(digest="sha256:" + content * 64, commit=planned.commit, dirty=dirty, files=(), wheelhouses=())
    release, events = asyncio.run(make_release(planned, bundle, CONFIG, at))
    at.ledger.append(*events)
    return release, events


def test_the_first_release_is_the_initial_version(at):
    planned = plan(at)
    assert (planned.version, planned.tag, planned.previous) == ("0.1.0", "v0.1.0", "")
    assert "- first" in planned.notes
    assert git(at.root, "tag", "--list") == ""


def test_an_initial_version_that_is_none_is_a_problem(at):
    with pytest.raises(ProblemError) as caught:
        plan(at, App(name="shop", processes=(), release=ReleasePolicy(initial="one")))
    assert caught.value.problems[0].code == "R001"


def test_making_it_tags_the_commit_with_the_notes(at):
    release, (event,) = make(at, plan(at))
    assert git(at.root, "cat-file", "-t", "v0.1.0") == "tag"
    assert git(at.root, "rev-parse", "v0.1.0^{commit}") == release.commit
    assert "### Added" in git(at.root, "tag", "--list", "--format=%(contents)", "v0.1.0")
    assert (event.release, event.version, event.tag, event.config) == (release.id, "0.1.0", "v0.1.0", CONFIG)


def test_making_it_again_is_the_same_release_and_no_event(at):
    first, _ = make(at, plan(at))
    again, events = make(at, plan(at))
    assert (again.id, events) == (first.id, ())


def test_a_tagged_commit_keeps_its_version(at):
    make(at, plan(at))
    assert plan(at).version == "0.1.0"
    assert plan(at, tag=False).version == "0.1.0"


def test_the_commits_since_the_tag_decide(at):
    make(at, plan(at))
    commit(at.root, "fix: a hinge")
    assert plan(at).version == "0.1.1"
    commit(at.root, "feat: a window")
    planned = plan(at)
    assert (planned.version, planned.previous) == ("0.2.0", "0.1.0")
    assert "first" not in planned.notes


def test_without_a_tag_the_version_says_what_it_is_on_the_way_to(at):
    make(at, plan(at))
    last = commit(at.root, "fix: a hinge")
    planned = plan(at, tag=False)
    assert (planned.version, planned.tag) == (f"0.1.1-dev.1+g{last[:7]}", "")
    make(at, planned)
    assert git(at.root, "tag", "--list") == "v0.1.0"


def test_a_working_tree_that_isn_t_committed_is_never_the_tagged_version(at):
    make(at, plan(at))
    planned = plan(at, dirty=True)
    release, _ = make(at, planned, dirty=True)
    assert release.version == f"0.1.1-dev.0+g{head(at.root)[:7]}.dirty.bbbbbbb"
    assert release.tag == ""


def test_a_released_version_never_gets_another_content(at):
    make(at, plan(at))
    with pytest.raises(ProblemError) as caught:
        make(at, plan(at), content="d")
    assert caught.value.problems[0].code == "R004"


def test_a_prefix_of_one_s_own_is_kept(at):
    app = App(name="shop", processes=(), release=ReleasePolicy(tag_prefix="shop-", initial="3.0.0"))
    assert plan(at, app).tag == "shop-3.0.0"
    git(at.root, "tag", "shop-3.1.0")
    git(at.root, "tag", "v9.0.0")
    commit(at.root, "words")
    assert plan(at, app).version == "3.1.1"
