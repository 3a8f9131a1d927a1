"""`[tickets]`, read and refused."""

from datetime import timedelta

import pytest

from ecluse.model.frozen import app_from_json, app_to_json
from ecluse.model.problem import ProblemError
from ecluse.model.tracker import Tickets, TrackerKind

HEAD = 'app.name = "shop"\n[environments.production]\nport = 1\n[tickets]\n'
JIRA = 'tracker = "jira"\nurl = "https://acme.atlassian.net"\nproject = "SHOP"\n'


def test_every_key_reaches_the_app(reading):
    app = reading(
        HEAD
        + JIRA
        + r"""
prefixes = ["OPS"]
pattern = '\bticket (SHOP-\d+)'
token = "JIRA_TOKEN"
account = "bot@example.org"
link = "https://example.com/{tag}"
on_release = "Done"
on_deploy = {production = "Released"}
on_rollback = {production = "In Progress"}
budget = "10s"
most = 7
"""
    )
    assert app.tickets == Tickets(
        tracker=TrackerKind.JIRA,
        url="https://acme.atlassian.net",
        project="SHOP",
        prefixes=("OPS",),
        pattern=r"\bticket (SHOP-\d+)",
        token="JIRA_TOKEN",
        account="bot@example.org",
        link="https://example.com/{tag}",
        on_release="Done",
        on_deploy={"production": "Released"},
        on_rollback={"production": "In Progress"},
        budget=timedelta(seconds=10),
        most=7,
    )
    assert app_from_json(app_to_json(app)) == app


@pytest.mark.parametrize(
    "text",
    [
        'tracker = "github"\nproject = "acme/shop"',
        'tracker = "gitlab"\nproject = "acme/group/shop"\nurl = "https://git.example.com"',
        'tracker = "trello"\nboard = "nC8QJJoZ"\naccount = "key"',
        'tracker = "github"\nproject = "acme/shop"\nurl = "http://127.0.0.1:8000"',
        JIRA,
    ],
)
def test_what_a_tracker_needs_is_enough(reading, text):
    assert reading(HEAD + text).tickets is not None


def test_no_table_is_no_tracker(reading):
    assert reading('app.name = "shop"\n').tickets is None


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ('tracker = "jira"', ["M078", "M078"]),
        ('tracker = "github"', ["M078"]),
        ('tracker = "trello"', ["M078", "M078"]),
        (JIRA.replace('"jira"', '"bugzilla"'), ["M013"]),
        ('tracker = "github"\nproject = "SHOP"', ["M079"]),
        ('tracker = "jira"\nurl = "https://a.example"\nproject = "acme/shop"', ["M079"]),
        (JIRA + 'board = "nC8QJJoZ"', ["M033"]),
        (JIRA + 'comment = false\nlink = "https://example.com/{version}"', ["M033"]),
        ('tracker = "github"\nproject = "acme/shop"\nprefixes = ["A1"]\naccount = "bot"', ["M033", "M033"]),
        (JIRA + 'on_deploy = {prodution = "Done"}', ["M056"]),
        (JIRA + 'on_rollback = {staging = "Done"}', ["M056"]),
        (JIRA.replace("https", "http"), ["M045"]),
        (JIRA + "pattern = '('", ["M015"]),
        (JIRA + 'link = "https://example.com/{branch}"', ["M015"]),
        (JIRA + 'budget = "0s"', ["M014"]),
        (JIRA + "token = 'not a name'", ["M015"]),
        (JIRA + 'token_value = "abc"', ["M012"]),
    ],
)
def test_what_can_not_be_is_said(reading, text, codes):
    with pytest.raises(ProblemError) as error:
        reading(HEAD + text)
    assert [problem.code for problem in error.value.problems] == codes


@pytest.mark.parametrize(
    "text",
    [
        '[app.env]\nTICKETS_TOKEN = "x"\n',
        '[environments.production.env]\nTICKETS_TOKEN = "x"\n',
        '[steps.test]\ncommand = "true"\n[steps.test.env]\nTICKETS_TOKEN = "x"\n',
        '[steps.test]\ncommand = "true"\npass_env = ["TICKETS_TOKEN"]\n',
    ],
)
def test_the_token_stands_nowhere_else(reading, text):
    with pytest.raises(ProblemError) as error:
        reading(HEAD + JIRA + text)
    assert {problem.code for problem in error.value.problems} == {"M045"}
