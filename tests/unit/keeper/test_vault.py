import os

import pytest

from ecluse.keeper import vault
from ecluse.keeper.places import Home
from ecluse.keeper.vault import Vault


@pytest.fixture
def home(tmp_path):
    made = Home(str(tmp_path))
    made.make()
    yield made
    Vault(made).remove()


def test_the_next_keeper_finds_the_secrets(home):
    Vault(home).put("r-1", {"TOKEN": "a"})
    after = Vault(home)
    after.put("r-1", {"TOKEN": "a"})
    assert after.of("r-1") == {"TOKEN": "a"}
    assert after.of("r-2") == {}


def test_only_the_owner_can_read_them(home):
    Vault(home).put("r-1", {"TOKEN": "a"})
    assert os.stat(home.secrets).st_mode & 0o777 == 0o600


def test_forgotten_releases_lose_theirs(home):
    held = Vault(home)
    held.put("r-1", {"TOKEN": "a"})
    held.put("r-2", {"TOKEN": "b"})
    held.keep(["r-2", "r-3"])
    assert (Vault(home).of("r-1"), Vault(home).of("r-2")) == ({}, {"TOKEN": "b"})


def test_a_folder_of_somebody_else_in_memory_is_not_used(home, tmp_path):
    """In /dev/shm anyone may put a link in our way."""
    memory, trap = tmp_path / "memory", tmp_path / "trap"
    memory.mkdir()
    trap.mkdir()
    first = vault._folder(home, [str(memory)])
    os.rmdir(first)
    os.symlink(trap, first)
    assert vault._folder(home, [str(memory)]) == home.path


def test_without_memory_they_lie_in_the_environments_folder(home):
    assert vault._folder(home, ["/nowhere"]) == home.path


def test_nothing_is_left_when_the_environment_ends(home):
    held = Vault(home)
    held.put("r-1", {"TOKEN": "a"})
    folder = os.path.dirname(os.path.realpath(home.secrets))
    held.remove()
    assert not os.path.lexists(home.secrets)
    assert folder == home.path or not os.path.exists(folder)
    assert Vault(home).of("r-1") == {}
