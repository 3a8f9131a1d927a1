"""Which tracker it is, and where its token comes from."""

import asyncio

import pytest

from ecluse.assembly.apps import declared_secrets
from ecluse.assembly.tracking import token_of, tracker_of
from ecluse.model.app import App
from ecluse.model.problem import ProblemError
from ecluse.model.tracker import Tickets, TrackerKind
from ecluse.providers.tracking.understood import Understood
from ecluse.testing.clock import FakeClock


def tickets(kind=TrackerKind.GITHUB):
    return Tickets(tracker=kind, url="https://tracker.example", project="acme/shop", board="nC8QJJoZ", account="me")


@pytest.mark.parametrize("kind", TrackerKind)
def test_each_kind_has_a_tracker(tmp_path, kind):
    made = tracker_of(tickets(kind), tmp_path, {"TICKETS_TOKEN": "abc"}, FakeClock())
    assert isinstance(made, Understood)
    asyncio.run(made.close())


def test_the_caller_goes_before_the_env_files(tmp_path):
    (tmp_path / ".env.tickets").write_text("TICKETS_TOKEN=file\n")
    assert token_of(tickets(), tmp_path, {"TICKETS_TOKEN": "caller"}).reveal() == "caller"
    assert token_of(tickets(), tmp_path, {}).reveal() == "file"


def test_a_token_without_a_value_is_a_problem_with_its_name(tmp_path):
    with pytest.raises(ProblemError) as error:
        token_of(tickets(), tmp_path, {"TICKETS_TOKEN": ""})
    assert error.value.problems[0].code == "T002"
    assert "TICKETS_TOKEN" in error.value.problems[0].what


def test_white_space_around_a_token_is_none_of_it(tmp_path):
    assert token_of(tickets(), tmp_path, {"TICKETS_TOKEN": " abc\n"}).reveal() == "abc"


@pytest.mark.parametrize("value", ["t\u00f6ken", "two words", "a\nb", "a\x00b", "\u201cquoted\u201d"])
def test_what_can_be_no_token_is_not_sent(tmp_path, value):
    with pytest.raises(ProblemError) as error:
        token_of(tickets(), tmp_path, {"TICKETS_TOKEN": value})
    (problem,) = error.value.problems
    assert (problem.code, value in f"{problem.what}{problem.fix}") == ("T017", False)


def test_an_env_file_that_can_not_be_read_is_said_itself(tmp_path):
    (tmp_path / ".env").write_text("this is no line\nTICKETS_TOKEN=abc\n")
    with pytest.raises(ProblemError) as error:
        token_of(tickets(), tmp_path, {})
    assert (error.value.problems[0].code, error.value.problems[0].where.line) == ("M062", 1)


def test_the_token_is_masked_as_a_secret_of_the_app(tmp_path):
    app = App(name="shop", processes=(), tickets=tickets())
    assert declared_secrets(app, tmp_path, {"TICKETS_TOKEN": "abc"}) == [("TICKETS_TOKEN", "abc")]
    assert declared_secrets(app, tmp_path, {}) == []
