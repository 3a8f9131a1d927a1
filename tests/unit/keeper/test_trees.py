import hashlib
import os

import pytest

from ecluse.keeper import trees
from ecluse.keeper.store import Store


@pytest.fixture
def store(tmp_path):
    return Store(str(tmp_path / "store"))


def entry(store, path, data, mode="file"):
    digest = "sha256:" + hashlib.sha256(data).hexdigest()
    store.put(digest, 0, data, last=True)
    return {"path": path, "mode": mode, "digest": digest}


def test_files_modes_and_links_are_written(store, tmp_path):
    files = [
        entry(store, "deep/er/file.py", b"x = 1\n"),
        entry(store, "run.sh", b"#!/bin/sh\n", "executable"),
        entry(store, "link", b"deep/er/file.py", "link"),
    ]
    tree = tmp_path / "tree"
    trees.write(str(tree), files, store.path)
    assert (tree / "deep/er/file.py").read_bytes() == b"x = 1\n"
    assert (tree / "run.sh").stat().st_mode & 0o777 == 0o755
    assert os.readlink(tree / "link") == "deep/er/file.py"
    assert (tree / "link").read_bytes() == b"x = 1\n"


def test_writing_the_tree_leaves_the_store_alone(store, tmp_path):
    file = entry(store, "file", b"data")
    tree = tmp_path / "tree"
    trees.write(str(tree), [file], store.path)
    assert not os.path.samefile(store.path(file["digest"]), tree / "file")


@pytest.mark.parametrize("path", ["../out", "/etc/out", "a/../../out", "", "."])
def test_a_path_that_leaves_the_tree_is_refused(store, tmp_path, path):
    with pytest.raises(ValueError, match="leaves"):
        trees.write(str(tmp_path / "tree"), [entry(store, path, b"x")], store.path)


def test_a_clone_shares_its_files(tmp_path):
    source = tmp_path / "source"
    (source / "sub").mkdir(parents=True)
    (source / "sub/file").write_bytes(b"x")
    (source / "link").symlink_to("sub")
    trees.clone(str(source), str(tmp_path / "target"))
    assert os.path.samefile(source / "sub/file", tmp_path / "target/sub/file")
    assert os.readlink(tmp_path / "target/link") == "sub"


def test_read_only_goes_all_the_way_down_and_not_through_links(tmp_path):
    outside = tmp_path / "outside"
    outside.write_bytes(b"data")
    (tmp_path / "tree/sub").mkdir(parents=True)
    (tmp_path / "tree/sub/file").write_bytes(b"x")
    (tmp_path / "tree/sub/link").symlink_to(outside)
    trees.make_read_only(str(tmp_path / "tree"))
    modes = [(tmp_path / name).stat().st_mode & 0o222 for name in ("tree", "tree/sub", "tree/sub/file")]
    assert modes == [0, 0, 0]
    assert outside.stat().st_mode & 0o200


def test_a_read_only_folder_is_removed(tmp_path):
    (tmp_path / "tree/sub").mkdir(parents=True)
    (tmp_path / "tree/sub/file").write_bytes(b"x")
    trees.make_read_only(str(tmp_path / "tree"))
    trees.remove(str(tmp_path / "tree"))
    assert not (tmp_path / "tree").exists()


def test_removing_what_is_not_there_is_nothing_to_do(tmp_path):
    trees.remove(str(tmp_path / "nothing"))
