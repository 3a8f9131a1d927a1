"""A slot page and what the wrappers are told."""

import pytest

from ecluse.serving.lanes import Lanes
from ecluse.serving.mark import Mark
from ecluse.wire import page


@pytest.fixture
def path(tmp_path):
    target = str(tmp_path / "page")
    page.create(target)
    return target


@pytest.fixture
def seen(path):
    """The page as the keeper sees it."""
    seen = page.Page(path)
    yield seen
    seen.close()


@pytest.fixture
def mark(path):
    return Mark(Lanes(path), "1.2.3", stamp=False)
