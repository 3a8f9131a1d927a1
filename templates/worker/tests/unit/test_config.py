import pytest

from app.config import ROOT, Config


def test_without_any_settings_the_spool_lies_in_the_project() -> None:
    assert Config.from_environment({}) == Config(spool=ROOT / "spool", poll_seconds=0.5, attempts=3)


@pytest.mark.parametrize("text", ["0", "-1", "soon", "", "inf", "nan"])
@pytest.mark.parametrize("name", ["POLL_SECONDS", "ATTEMPTS"])
def test_what_is_no_number_above_zero_is_refused(name: str, text: str) -> None:
    with pytest.raises(ValueError, match=name):
        Config.from_environment({name: text})


def test_an_attempt_is_made_or_not() -> None:
    with pytest.raises(ValueError, match="ATTEMPTS is a whole number"):
        Config.from_environment({"ATTEMPTS": "0.5"})
