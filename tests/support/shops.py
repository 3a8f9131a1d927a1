"""Fixtures around a shop; nothing of it is left running."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.shop import Shop, open_shop


@pytest.fixture
def shop(tmp_path) -> Iterator[Shop]:
    opened = open_shop(tmp_path / "shop")
    yield opened
    opened.ecluse("stop")


@pytest.fixture
def serving(shop) -> Shop:
    """A shop whose first version serves."""
    done = shop.ecluse("ship")
    assert done.returncode == 0, done.stdout + done.stderr
    return shop
