import pytest

from ecluse.model.publishing import git_remote


def test_a_git_remote_is_named():
    assert git_remote("git:origin") == "origin"


@pytest.mark.parametrize("store", ["", "shared", "git:", "git://host/shop", "s3://git:origin", "git:--upload-pack=x"])
def test_another_store_names_none(store):
    assert git_remote(store) == ""
