import pytest

from app.config import ROOT, Config


def test_without_any_settings_the_database_lies_in_the_projects_data() -> None:
    assert Config.from_environment({}) == Config(database=ROOT / "data/notes.db", page=20)


@pytest.mark.parametrize("page", ["0", "-1", "many", ""])
def test_a_page_that_is_no_number_is_refused(page: str) -> None:
    with pytest.raises(ValueError, match="PAGE"):
        Config.from_environment({"PAGE": page})
