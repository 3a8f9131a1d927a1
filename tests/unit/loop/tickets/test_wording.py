"""Where a comment leads."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ecluse.loop.tickets.wording import page_of, said
from ecluse.model.notices import NoticeKnown
from ecluse.model.tracker import Tickets, TrackerKind
from support.tickets import APP, PRODUCTION

GITHUB = Tickets(tracker=TrackerKind.GITHUB, project="acme/shop")
GITLAB = Tickets(tracker=TrackerKind.GITLAB, project="acme/shop")
JIRA = Tickets(tracker=TrackerKind.JIRA, project="ABC")
NOTICE = NoticeKnown(
    number=1, release="r-1", version="1.4.0", happening="deploy", environment="production",
    tickets={"ABC-1": "abc1234"}, at=datetime(2030, 1, 1, tzinfo=UTC), tag="v1.4.0",
)  # fmt: skip


@pytest.mark.parametrize(
    ("tickets", "page"),
    [
        (GITHUB, "https://github.com/acme/shop/releases/tag/v1.4.0"),
        (
            replace(GITHUB, url="https://git.example.com/api/v3"),
            "https://git.example.com/acme/shop/releases/tag/v1.4.0",
        ),
        (GITLAB, "https://gitlab.com/acme/shop/-/releases/v1.4.0"),
        (replace(GITLAB, url="https://git.example.com/"), "https://git.example.com/acme/shop/-/releases/v1.4.0"),
        (JIRA, ""),
        (replace(JIRA, link="https://a.example/{version}/{tag}?{commit}"), "https://a.example/1.4.0/v1.4.0?c0ffee"),
    ],
)
def test_a_release_has_a_page_where_one_is_known(tickets, page):
    assert page_of(tickets, "1.4.0", "v1.4.0", "c0ffee") == page


def test_a_release_without_a_tag_has_none():
    assert page_of(GITHUB, "1.4.0", "", "c0ffee") == ""


@pytest.mark.parametrize("url", ["http://localhost:{port}", "http://127.0.0.1:8000", ""])
def test_a_deployment_to_this_machine_leads_to_its_release(url):
    app = replace(APP, environments=(replace(PRODUCTION, url=url),))
    assert said(app, app.tickets, NOTICE, "ABC-1", "c0ffee").link == ("release 1.4.0", "https://example.com/1.4.0")


def test_a_deployment_leads_to_where_people_open_it():
    assert said(APP, APP.tickets, NOTICE, "ABC-1", "c0ffee").link == ("production", "https://shop.example.com")


def test_one_commit_is_no_commits():
    assert said(APP, APP.tickets, NOTICE, "ABC-1", "").paragraphs[1] == "Commit: abc1234"


def test_a_branch_of_thousands_of_commits_makes_no_long_comment():
    many = replace(NOTICE, tickets={"ABC-1": " ".join(f"{number:07x}" for number in range(3000))})
    told = said(APP, APP.tickets, many, "ABC-1", "").paragraphs[1]
    assert told.startswith("Commits: 0000000, 0000001, ")
    assert told.endswith("0000013, and 2,980 more")


def test_a_rollback_to_nothing_says_that_nothing_serves():
    gone = replace(NOTICE, happening="rollback")
    assert said(APP, JIRA, gone, "ABC-1", "").paragraphs[0].endswith("it no longer serves there.")
