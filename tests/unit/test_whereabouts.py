import pytest

from ecluse.whereabouts import is_deserted


@pytest.fixture
def home(tmp_path):
    made = tmp_path / ".ecluse"
    for name in ("cache", "envs", "work"):
        (made / name).mkdir(parents=True)
    (made / ".gitignore").write_text("*\n")
    return made


def test_caches_of_a_folder_without_an_app_are_deserted(home):
    assert is_deserted(home.parent, {})


@pytest.mark.parametrize("name", ["ledger.db", "environments", "services", "notes.txt"])
def test_a_home_in_which_something_was_recorded_is_not(home, name):
    (home / name).touch()
    assert not is_deserted(home.parent, {})


def test_nor_one_in_which_another_command_is_at_work(home):
    (home / "work" / "init-1").mkdir()
    assert not is_deserted(home.parent, {})


def test_nor_one_that_a_variable_names(home):
    assert not is_deserted(home.parent, {"ECLUSE_HOME": str(home)})


@pytest.mark.parametrize("name", ["ledger.db", "environments"])
def test_nor_one_that_holds_the_home_of_an_app_that_is_called_like_a_cache(home, name):
    (home / "store").mkdir()
    (home / "store" / name).touch()
    assert not is_deserted(home.parent, {})


def test_nor_one_of_an_app(home):
    (home.parent / "ecluse.toml").write_text('[app]\nname = "shop"\n')
    assert not is_deserted(home.parent, {})
