"""Globs, trees and the workplace of a run."""

import os
import shutil
import stat
import subprocess
import sys
import tempfile

import pytest

from ecluse.loop.code.globs import chosen
from ecluse.loop.code.trees import copy_any, copy_files, list_files
from ecluse.loop.code.workplace import TMPDIR, remove_tree, roomy, workplace

PATHS = ("README.md", "src/a.py", "src/deep/b.py", "src/deep/er/c.py", "tests/test_a.py", "we+ird[1].txt")


@pytest.mark.parametrize(
    ("glob", "found"),
    [
        ("**", PATHS),
        ("*.md", ("README.md",)),
        ("src", PATHS[1:4]),
        ("./src/", PATHS[1:4]),
        ("src/*.py", ("src/a.py",)),
        ("src/**/*.py", PATHS[1:4]),
        ("**/c.py", ("src/deep/er/c.py",)),
        ("**/*.py", PATHS[1:5]),
        ("src/**", PATHS[1:4]),
        ("src/?.py", ("src/a.py",)),
        ("src/deep/**/c.py", ("src/deep/er/c.py",)),
        ("we+ird[1].txt", ("we+ird[1].txt",)),
        ("a.py", ()),
        ("rc/*", ()),
    ],
)
def test_a_glob_names(glob, found):
    assert chosen(PATHS, [glob]) == found


def test_no_globs_is_everything_and_an_empty_list_is_nothing():
    assert chosen(PATHS, None) == PATHS
    assert chosen(PATHS, ()) == ()


def test_files_are_copied_with_bits_and_links_and_are_nobody_elses(tmp_path):
    source, target = tmp_path / "a", tmp_path / "b"
    (source / "sub").mkdir(parents=True)
    (source / "sub" / "run").write_text("1")
    (source / "sub" / "run").chmod(0o755)
    (source / "away").symlink_to("nowhere")
    (source / "folder").symlink_to("sub")
    assert list_files(source) == ("away", "folder", "sub/run")
    copy_files(source, list_files(source), target)
    assert list_files(target) == ("away", "folder", "sub/run")
    assert os.access(target / "sub" / "run", os.X_OK)
    (target / "sub" / "run").write_text("2")
    assert (source / "sub" / "run").read_text() == "1"


def test_a_folder_is_copied_over_what_is_there(tmp_path):
    source, target = tmp_path / "a", tmp_path / "b"
    for folder, text in ((source, "new"), (target, "old")):
        (folder / "sub").mkdir(parents=True)
        (folder / "sub" / "x").write_text(text)
    (target / "kept").write_text("kept")
    copy_any(source, target)
    assert list_files(target) == ("kept", "sub/x")
    assert (target / "sub" / "x").read_text() == "new"


def test_a_workplace_is_gone_at_its_end_also_after_an_error(tmp_path):
    seen = []

    def fails():
        with workplace(tmp_path, "r1") as place:
            (place.folder / "x").mkdir(mode=0o500)
            seen.extend((place.folder, place.scratch))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert [folder.exists() for folder in seen] == [False, False]


def test_a_run_that_lives_keeps_its_workplace_and_one_that_was_killed_does_not(tmp_path):
    script = (
        "import sys; from pathlib import Path; from ecluse.loop.code.workplace import workplace\n"
        "with workplace(Path(sys.argv[1]), 'run-other') as place:\n"
        "    print(place.scratch, place.folder, flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    places = other.stdout.readline().split()
    with workplace(tmp_path, "r1"):
        assert (tmp_path / "work" / "run-other").exists()
    other.kill()
    other.wait()
    other.stdin.close()
    other.stdout.close()
    with workplace(tmp_path, "r2"):
        assert not (tmp_path / "work" / "run-other").exists()
        assert [os.path.exists(place) for place in places] == [False, False]  # noqa: PTH110


def test_a_temporary_folder_of_an_odd_name_is_cleared_and_nothing_else(tmp_path, monkeypatch):
    odd, victim = tmp_path / "odd\n\x85\udcff", tmp_path / "odd"
    for folder in (odd, victim):
        folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(odd))
    with workplace(tmp_path / "home", "r1"):
        assert list(odd.iterdir())
    assert list(odd.iterdir()) == []
    assert victim.exists()


@pytest.mark.parametrize("unfit", [".env", ".git"])
def test_trees_are_made_below_nobody_s_folder(tmp_path, unfit):
    mine, free = tmp_path / "mine", tmp_path / "free"
    for folder in (mine / "temporary", free):
        folder.mkdir(parents=True)
    candidates = (tmp_path / "gone", mine / "temporary", free)
    assert roomy(candidates, tmp_path) == mine / "temporary"
    (mine / unfit).touch()
    assert roomy(candidates, tmp_path) == free
    assert roomy(candidates[:2], tmp_path) == tmp_path


def test_what_is_given_back_to_a_workplace_that_is_gone_is_gone_too(tmp_path):
    with workplace(tmp_path, "r1") as place:
        home, tree, empty = place.homes.lend(), place.make_tree("late"), place.empties.lend()
        (empty / "x").touch()
    place.homes.take(home, 0)
    place.discard(tree)
    place.empties.take(empty, 0)
    assert not tree.exists()


@pytest.mark.parametrize("left", ["gone meanwhile", "a link in a closed folder"])
def test_to_remove_a_tree_changes_no_mode_outside_of_it(tmp_path, monkeypatch, left):
    """Its folder is below /var/tmp, which all users share."""
    shared, others = tmp_path / "shared", tmp_path / "others"
    tree = shared / "tree"
    (tree / "closed").mkdir(parents=True)
    others.mkdir()
    (tree / "closed" / "link").symlink_to(others)
    for folder in (shared, others):
        folder.chmod(0o1777)
    removes = shutil.rmtree

    def fails_first(path, ignore_errors=False, onerror=None):
        """As for whoever isn't root, or if somebody else is removing it too."""
        failed = tree if left == "gone meanwhile" else tree / "closed" / "link"
        if onerror:
            onerror(os.rmdir, str(failed), None)
        removes(path, ignore_errors=True)

    monkeypatch.setattr(shutil, "rmtree", fails_first)
    remove_tree(tree)
    assert not tree.exists()
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in (shared, others)] == [0o1777, 0o1777]


def test_a_workplace_lends_homes_and_empty_trees(tmp_path):
    with workplace(tmp_path, "r1") as place:
        home, empty = place.homes.lend(), place.empties.lend()
        assert [*home.rglob("*"), *empty.iterdir()] == [home / TMPDIR]
        assert place.empties.lend() != empty
