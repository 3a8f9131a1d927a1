"""The git source, against the real program."""

import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ecluse.model.problem import ProblemError
from ecluse.providers.git.source import GitSource
from support import repositories
from support.repositories import git


@pytest.fixture
def root(tmp_path):
    return repositories.empty(tmp_path / "repository")


@pytest.fixture
def source(root, commands, tmp_path):
    return GitSource(root, commands, {"PATH": os.environ["PATH"], "HOME": str(tmp_path)})


def commit(folder, message="feat: more", **files):
    return repositories.commit(folder, message, files)


def do(awaitable):
    return asyncio.run(awaitable)


def code_of(awaitable):
    with pytest.raises(ProblemError) as caught:
        do(awaitable)
    assert all(problem.fix for problem in caught.value.problems)
    return caught.value.problems[0].code


def tree_of(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_symlink() or path.is_file())


def test_a_revision_becomes_the_full_commit(root, source):
    name = commit(root, a="1")
    git(root, "tag", "--annotate", "--message=x", "v1")
    assert do(source.resolve("HEAD")) == name
    assert do(source.resolve("main")) == name
    assert do(source.resolve(name[:8])) == name
    assert do(source.resolve("v1")) == name


@pytest.mark.parametrize("revision", ["nope", "--all", "", "HEAD~9", "HEAD:a", "a\0b"])
def test_a_revision_that_names_no_commit_is_a_problem(root, source, revision):
    commit(root, a="1")
    assert code_of(source.resolve(revision)) == "C003"


def test_a_repository_without_a_commit_is_a_problem(source):
    assert code_of(source.resolve("HEAD")) == "C002"


def test_a_folder_without_a_repository_is_a_problem(commands, tmp_path):
    (tmp_path / "plain").mkdir()
    source = GitSource(tmp_path / "plain", commands, {"PATH": os.environ["PATH"]})
    assert code_of(source.resolve("HEAD")) == "C001"
    assert code_of(source.is_dirty()) == "C001"


def test_a_repository_of_another_user_is_a_problem_that_says_so(root, source):
    commit(root, a="1")
    try:
        for path in (root, *root.rglob("*")):
            os.chown(path, 12345, 12345)
    except PermissionError:
        pytest.skip("only root can give files away")
    assert code_of(source.resolve("HEAD")) == "C005"


def test_a_hook_that_calls_us_does_not_mean_another_repository(root, commands, tmp_path):
    name = commit(root, a="1")
    env = {"PATH": os.environ["PATH"], "GIT_DIR": str(tmp_path / "elsewhere"), "GIT_INDEX_FILE": "x"}
    assert do(GitSource(root, commands, env).resolve("HEAD")) == name


def test_dirty_means_changed_or_new_but_not_ignored(root, source):
    commit(root, a="1", **{".gitignore": "ignored\n"})
    (root / "ignored").write_text("x")
    assert not do(source.is_dirty())
    (root / "new").write_text("x")
    assert do(source.is_dirty())
    (root / "new").unlink()
    (root / "a").write_text("2")
    assert do(source.is_dirty())


def test_reading_leaves_the_repository_as_it_was(root, source):
    commit(root, a="1")
    os.utime(root / "a", (1, 1))
    before = (root / ".git" / "index").stat().st_mtime_ns
    do(source.is_dirty())
    assert (root / ".git" / "index").stat().st_mtime_ns == before


def test_a_checkout_is_the_commit_with_its_bits_and_links_and_nothing_else(root, source, tmp_path):
    (root / "sub").mkdir()
    (root / "sub" / "spaced näme\n").write_bytes(b"\x00\xff")
    (root / "run.sh").write_text("#!/bin/sh\n")
    (root / "run.sh").chmod(0o755)
    (root / "link").symlink_to("sub")
    name = commit(root, a="1")
    (root / "a").write_text("changed")
    (root / "untracked").write_text("x")
    folder = tmp_path / "tree"
    folder.mkdir()
    do(source.checkout(name, folder))
    assert tree_of(folder) == ["a", "link", "run.sh", "sub/spaced näme\n"]
    assert (folder / "a").read_text() == "1"
    assert (folder / "sub" / "spaced näme\n").read_bytes() == b"\x00\xff"
    assert os.access(folder / "run.sh", os.X_OK)
    assert not os.access(folder / "a", os.X_OK)
    assert str((folder / "link").readlink()) == "sub"
    assert tree_of(tmp_path / "tree") == [entry.path for entry in do(source.entries(name))]


def test_attributes_and_filters_change_nothing(root, source, tmp_path):
    attributes = "a export-ignore\nb export-subst\nc eol=crlf\nd filter=shout\n"
    git(root, "config", "filter.shout.smudge", "tr a-z A-Z")
    git(root, "config", "core.autocrlf", "true")
    name = commit(root, a="a\n", b="$Format:%H$\n", c="c\n", d="d\n", **{".gitattributes": attributes})
    folder = tmp_path / "tree"
    folder.mkdir()
    do(source.checkout(name, folder))
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        ".gitattributes": attributes.encode(),
        "a": b"a\n",
        "b": b"$Format:%H$\n",
        "c": b"c\n",
        "d": b"d\n",
    }


def test_hooks_of_the_repository_do_not_run(root, source, tmp_path):
    name = commit(root, a="1")
    for hook in ("post-checkout", "reference-transaction", "post-index-change"):
        path = root / ".git" / "hooks" / hook
        path.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
        path.chmod(0o755)
    do(source.is_dirty())
    do(source.tag("v1", name, "notes"))
    assert not (tmp_path / "ran").exists()


def test_a_submodule_is_a_problem_with_its_path(root, source, tmp_path):
    name = commit(root, a="1")
    git(root, "update-index", "--add", "--cacheinfo", f"160000,{name},vendor/thing")
    git(root, "commit", "--quiet", "--message", "add a submodule")
    with pytest.raises(ProblemError, match="vendor/thing") as caught:
        do(source.entries(git(root, "rev-parse", "HEAD")))
    assert caught.value.problems[0].code == "C004"


def test_a_tree_that_leads_out_of_itself_is_refused(root, source):
    commit(root, a="1")
    blob = git(root, "rev-parse", "HEAD:a")
    inner = git(root, "mktree", input=f"100644 blob {blob}\tevil\n")
    tree = git(root, "mktree", input=f"040000 tree {inner}\t..\n")
    evil = git(root, "commit-tree", tree, "-m", "evil")
    assert code_of(source.entries(evil)) == "C006"


def test_one_file_can_be_read_at_a_commit(root, source):
    name = commit(root, a="1")
    commit(root, a="2")
    assert do(source.read(name, "a")) == b"1"
    assert do(source.read(name, "gone")) is None


def test_the_working_tree_comes_as_it_lies_without_what_is_ignored(root, source, tmp_path):
    commit(root, a="1", gone="1", **{".gitignore": "ignored\n"})
    (root / "a").write_text("2")
    (root / "gone").unlink()
    (root / "new").write_text("new")
    (root / "new").chmod(0o700)
    (root / "link").symlink_to("a")
    (root / "ignored").write_text("x")
    os.mkfifo(root / "pipe")
    folder = tmp_path / "tree"
    folder.mkdir()
    do(source.checkout_working(folder))
    assert tree_of(folder) == [".gitignore", "a", "link", "new"]
    assert do(source.working_files()) == (".gitignore", "a", "link", "new")
    assert (folder / "a").read_text() == "2"
    assert os.access(folder / "new", os.X_OK)


def test_what_lies_behind_a_link_that_took_a_folder_s_place_is_not_of_the_working_tree(root, source, tmp_path):
    (root / "data").mkdir()
    commit(root, **{"data/letter": "1"})
    (root / "data").rename(tmp_path / "elsewhere")
    (root / "data").symlink_to(tmp_path / "elsewhere")
    assert do(source.working_files()) == ("data",)


def test_a_part_of_a_repository_can_be_the_root(root, commands, tmp_path):
    (root / "service").mkdir()
    (root / "service" / "app.py").write_text("app")
    name = commit(root, other="1")
    source = GitSource(root / "service", commands, {"PATH": os.environ["PATH"], "HOME": str(tmp_path)})
    assert [entry.path for entry in do(source.entries(name))] == ["app.py"]
    assert do(source.read(name, "app.py")) == b"app"
    (root / "other").write_text("2")
    assert not do(source.is_dirty())


def test_a_part_knows_the_whole_that_it_is_of(root, source, commands, tmp_path):
    place = root / "a" / "ser\nvice"
    place.mkdir(parents=True)
    (place / "app.py").write_text("app")
    name = commit(root, other="1")
    part = GitSource(place, commands, {"PATH": os.environ["PATH"], "HOME": str(tmp_path)})
    whole, below = do(part.around())
    assert (below, do(whole.read(name, "other"))) == ("a/ser\nvice", b"1")
    assert do(source.around())[1] == "."


def test_the_time_of_a_commit_is_aware(root, source):
    assert do(source.committed_at(commit(root, a="1"))) == datetime(2024, 5, 1, 12, tzinfo=UTC)


def test_tags_come_nearest_first_and_only_those_that_are_reachable(root, source):
    first = commit(root, a="1")
    git(root, "tag", "v1.0.0")
    second = commit(root, a="2")
    git(root, "tag", "--annotate", "--message=x", "v1.1.0")
    git(root, "tag", "other")
    third = commit(root, a="3")
    git(root, "checkout", "--quiet", "-b", "side", first)
    commit(root, b="1")
    git(root, "tag", "v9.9.9")
    tags = do(source.tags(third, "v"))
    assert [(tag.name, tag.commit) for tag in tags] == [("v1.1.0", second), ("v1.0.0", first)]
    assert do(source.tags(third, "x")) == ()


def test_changes_are_newest_first_with_merges_and_bodies(root, source):
    first = commit(root, "feat: one", a="1")
    git(root, "checkout", "--quiet", "-b", "side")
    commit(root, "fix: two\n\nBREAKING CHANGE: all\n\nof it", b="2")
    git(root, "checkout", "--quiet", "main")
    git(root, "merge", "--quiet", "--no-ff", "--message", "merge side", "side")
    changes = do(source.changes(first, do(source.resolve("HEAD"))))
    assert [change.subject for change in changes] == ["merge side", "fix: two"]
    assert changes[1].body == "BREAKING CHANGE: all\n\nof it"
    assert changes[1].author == "Ada"
    assert [change.subject for change in do(source.changes(None, first))] == ["feat: one"]


def test_the_newest_changes_alone(root, source):
    commits = [commit(root, f"fix: {number}", a=str(number)) for number in range(3)]

    found = do(source.changes(None, commits[-1], newest=2))

    assert [change.subject for change in found] == ["fix: 2", "fix: 1"]


def test_a_merge_knows_its_parents(root, source):
    first = commit(root, "feat: one", a="1")
    git(root, "checkout", "-q", "-b", "side")
    second = commit(root, "feat: two", b="2")
    git(root, "checkout", "-q", "-")
    third = commit(root, "feat: three", c="3")
    git(root, "merge", "-q", "--no-ff", "--no-edit", "side")
    merge = do(source.resolve("HEAD"))
    parents = {one.commit: one.parents for one in do(source.changes(None, merge))}
    assert parents == {merge: (third, second), third: (first,), second: (first,), first: ()}


def test_branches_are_those_that_lead_there(root, source):
    first = commit(root, "feat: one", a="1")
    own = git(root, "rev-parse", "--abbrev-ref", "HEAD")
    git(root, "branch", "feature/abc-1-window")
    git(root, "update-ref", "refs/remotes/origin/feature/abc-2", first)
    git(root, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/feature/abc-2")
    git(root, "checkout", "-q", "-b", "ahead")
    second = commit(root, "feat: two", b="2")
    found = {(branch.name, branch.tip) for branch in do(source.branches(first))}
    assert found == {("feature/abc-1-window", first), ("feature/abc-2", first), (own, first)}
    assert ("ahead", second) in {(branch.name, branch.tip) for branch in do(source.branches(second))}


def test_the_message_of_a_tag_may_be_longer_than_an_argument(root, source):
    """execve(2): 128 KiB. The first release of an old repository tells all of its commits."""
    notes = "- a change\n" * 20_000
    do(source.tag("v1.0.0", commit(root, a="1"), notes))
    assert git(root, "tag", "--list", "--format=%(contents)", "v1.0.0").strip() == notes.strip()


def test_a_tag_is_made_once_and_never_moved(root, source):
    first = commit(root, a="1")
    do(source.tag("v1.0.0", first, "Notes\n\n# with a heading"))
    do(source.tag("v1.0.0", first, "Notes"))
    assert git(root, "cat-file", "-t", "v1.0.0") == "tag"
    assert "# with a heading" in git(root, "cat-file", "tag", "v1.0.0")
    assert code_of(source.tag("v1.0.0", commit(root, a="2"), "Notes")) == "R003"


def test_a_large_tree_takes_few_processes(root, source, tmp_path):
    for number in range(500):
        (root / f"file{number}").write_text(str(number))
    name = commit(root)
    folder = tmp_path / "tree"
    folder.mkdir()
    asked = []

    class Counting:
        async def run(self, command):
            asked.append(command.argv)
            return await source._git._commands.run(command)

    counted = GitSource(root, Counting(), {"PATH": os.environ["PATH"]})
    do(counted.checkout(name, folder))
    assert len(tree_of(folder)) == 500
    assert len(asked) == 2
    assert (Path(folder) / "file499").read_text() == "499"


def test_the_past_has_each_content_at_each_path_with_the_first_commit_that_had_it(root, source, tmp_path):
    first = commit(root, a="one", b="same")
    second = commit(root, a="two", c="same")
    (root / "link").symlink_to("a")
    git(root, "rm", "--quiet", "b")
    last = commit(root)
    past = do(source.past(last))
    assert past.whole
    (tmp_path / "out").mkdir()
    do(source.contents(sorted({blob.object for blob in past.blobs}), tmp_path / "out"))
    told = {(tmp_path / "out" / blob.object).read_text(): blob for blob in past.blobs}
    assert [(blob.path, blob.commit) for blob in past.blobs if blob.object == told["same"].object] == [
        ("b", first), ("c", second)
    ]  # fmt: skip
    assert {text: (blob.path, blob.commit) for text, blob in told.items() if text != "same"} == {
        "one": ("a", first), "two": ("a", second)
    }  # fmt: skip
    assert {path.name for path in (tmp_path / "out").iterdir()} == {blob.object for blob in past.blobs}


def test_an_object_that_is_missing_is_a_problem_and_no_traceback(root, source, tmp_path):
    name = commit(root, a="one", b="other")
    there, lost = (git(root, "rev-parse", f"HEAD:{path}").strip() for path in "ab")
    assert do(source.sizes([there, lost])) == {there: 3, lost: 5}
    (root / ".git" / "objects" / lost[:2] / lost[2:]).unlink()
    (tmp_path / "out").mkdir()
    out = tmp_path / "out"
    for asked in (source.sizes([lost]), source.contents([lost], out), source.checkout(name, out)):
        with pytest.raises(ProblemError) as raised:
            do(asked)
        assert (raised.value.problems[0].code, raised.value.problems[0].evidence) == ("C007", (f"{lost} missing",))


def test_the_past_of_a_folder_and_of_what_was_merged(root, source, tmp_path):
    commit(root, **{"app/a": "one", "other": "x"})
    git(root, "checkout", "--quiet", "-b", "side")
    side = commit(root, **{"app/b\n c": "side"})
    git(root, "checkout", "--quiet", "main")
    commit(root, **{"app/a": "two"})
    git(root, "merge", "--quiet", "--no-edit", "side")
    inside = GitSource(root / "app", source._commands, source._env)
    past = do(inside.past(do(inside.resolve("HEAD"))))
    assert [(blob.path, blob.commit == side) for blob in past.blobs] == [("a", False), ("a", False), ("b\n c", True)]


def test_what_only_a_merge_brought_is_of_the_past_whatever_the_user_has_set(root, source, tmp_path):
    commit(root, a="1")
    git(root, "checkout", "--quiet", "-b", "side")
    commit(root, b="1")
    git(root, "checkout", "--quiet", "main")
    commit(root, c="1")
    git(root, "merge", "--quiet", "--no-commit", "side")
    last = commit(root, d="of nobody's branch")
    (tmp_path / ".gitconfig").write_text("[log]\n\tdiffMerges = off\n")
    assert "d" in {blob.path for blob in do(source.past(last)).blobs}


def test_a_shallow_clone_says_that_it_lacks_a_part(root, tmp_path, commands):
    commit(root, a="1")
    commit(root, a="2")
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{root}", "shallow")
    source = GitSource(tmp_path / "shallow", commands, {"PATH": os.environ["PATH"], "HOME": str(tmp_path)})
    past = do(source.past(do(source.resolve("HEAD"))))
    assert (past.whole, len(past.blobs)) == (False, 1)
