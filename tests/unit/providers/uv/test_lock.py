"""Locks as the resolver writes them."""

import pytest
from packaging.tags import Tag

from ecluse.model.problem import ProblemError
from ecluse.providers.uv.lock import (
    Package,
    Remote,
    best_wheel,
    from_json,
    read_pylock,
    to_json,
    vouched_for,
)

TEXT = """
lock-version = "1.0"
created-by = "uv"
[[packages]]
name = "Some.Name"
version = "1.0"
sdist = { url = "file:///some-1.0.tar.gz", hashes = { sha256 = "aa" } }
wheels = [{ url = "file:///a%20b/some-1.0-py3-none-any.whl", hashes = { sha256 = "bb" } }, { path = "w/x.whl" }]
[[packages]]
name = "here"
directory = { path = "../lib", subdirectory = "src" }
[[packages]]
name = "fork"
vcs = { type = "git", url = "ssh://forge/fork", commit-id = "abc", subdirectory = "py" }
[[packages]]
name = "archived"
archive = { url = "file:///archived.zip", hashes = { sha256 = "cc" } }
[[packages]]
name = "wheeled"
archive = { url = "file:///wheeled-1-py3-none-any.whl", hashes = { sha256 = "dd" } }
"""


def wheel(name, digest="00"):
    return Remote(url=f"file:///{name}", sha256=digest)


def test_every_kind_of_package_is_read():
    some, here, fork, archived, wheeled = read_pylock(TEXT, "/lock")
    assert (some.name, some.version, some.sdist.sha256) == ("some-name", "1.0", "aa")
    assert [one.name for one in some.wheels] == ["some-1.0-py3-none-any.whl", "x.whl"]
    assert some.wheels[1].url == "/lock/w/x.whl"
    assert (here.folder, here.subfolder) == ("/lock/../lib", "src")
    assert (fork.repository, fork.revision, fork.subfolder) == ("ssh://forge/fork", "abc", "py")
    assert archived.sdist.name == "archived.zip"
    assert wheeled.wheels[0].sha256 == "dd"


def test_a_lock_is_kept_and_read_alike():
    lock = read_pylock(TEXT, "/lock")
    assert from_json(to_json(lock)) == lock


def test_the_interpreter_s_favourite_wheel_is_taken():
    package = Package(
        name="some",
        wheels=(wheel("some-1-py3-none-any.whl"), wheel("some-1-cp311-cp311-linux_x86_64.whl"), wheel("odd.whl")),
    )
    native, pure = Tag("cp311", "cp311", "linux_x86_64"), Tag("py3", "none", "any")
    assert best_wheel(package, [native, pure]).name == "some-1-cp311-cp311-linux_x86_64.whl"
    assert best_wheel(package, [pure]).name == "some-1-py3-none-any.whl"
    assert best_wheel(package, [Tag("cp39", "cp39", "win32")]) is None


def test_files_that_the_lock_doesn_t_vouch_for_are_dropped():
    some = Package(
        name="some", version="1", wheels=(wheel("a.whl", "aa"), wheel("b.whl", "bb")), sdist=wheel("s", "cc")
    )
    free = Package(name="free", version="1", wheels=(wheel("f.whl", "ff"),))
    kept, untouched = vouched_for((some, free), {"some": frozenset({"bb"})})
    assert ([one.sha256 for one in kept.wheels], kept.sdist) == (["bb"], None)
    assert untouched == free


def test_packages_of_which_nothing_is_left_are_all_named():
    lock = tuple(Package(name=name, version="1", wheels=(wheel("w.whl", name),)) for name in ("one", "two"))
    with pytest.raises(ProblemError) as caught:
        vouched_for(lock, {"one": frozenset({"aa"}), "two": frozenset({"aa"})})
    assert [problem.code for problem in caught.value.problems] == ["B011", "B011"]
