import pytest

from support.keeper_host import Host
from support.shops import serving, shop  # noqa: F401


@pytest.fixture
def host(tmp_path):
    """A folder for a real keeper; afterwards nothing of it may be left running."""
    made = Host(tmp_path / "home")
    yield made
    left = made.end()
    assert not left, f"left running: {left}\n{made.life()}"
