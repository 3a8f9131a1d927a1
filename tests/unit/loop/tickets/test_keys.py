"""Which words of messages and branches are keys of tickets."""

import pytest

from ecluse.loop.tickets.keys import keys_in, keys_of_branch
from ecluse.model.tracker import Tickets, TrackerKind

JIRA = Tickets(tracker=TrackerKind.JIRA, project="ABC", prefixes=("OPS", "AB"))
GITHUB = Tickets(tracker=TrackerKind.GITHUB, project="acme/shop")
GITLAB = Tickets(tracker=TrackerKind.GITLAB, project="acme/group/shop")
TRELLO = Tickets(tracker=TrackerKind.TRELLO, board="nC8QJJoZ")


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("ABC-12: a window", ("ABC-12",)),
        ("a window (ABC-12, OPS-3); AB-1", ("ABC-12", "OPS-3", "AB-1")),
        ("fix ABC-12 and ABC-12 again", ("ABC-12",)),
        ("https://acme.atlassian.net/browse/ABC-12", ("ABC-12",)),
        ("Refs: ABC-12.", ("ABC-12",)),
        ("[ABC-12][OPS-1]", ("ABC-12", "OPS-1")),
        ("read UTF-8, ISO-8601, SHA-256, RFC-9110 and CVE-2024-1234", ()),
        ("XABC-12, X-ABC-12, ABC-012, ABC-0, ABC-1.2, ABC-12-3, ABC-12x, abc-12, ABC 12", ()),
        ("DEF-12 is another project's", ()),
    ],
)
def test_jira(text, keys):
    assert keys_in(text, JIRA) == keys


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("feature/ABC-12-a-window", ("ABC-12",)),
        ("abc-12", ("ABC-12",)),
        ("anne/ops-3_abc-12", ("OPS-3", "ABC-12")),
        ("utf-8", ()),
        ("xabc-12", ()),
        ("release/2", ()),
    ],
)
def test_branches_for_jira(name, keys):
    assert keys_of_branch(name, JIRA) == keys


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("a window (#12)", ("#12",)),
        ("Fixes #12, closes #7.", ("#12", "#7")),
        ("Fixes acme/shop#12 but not acme/other#13 nor xacme/shop#14", ("#12",)),
        ("see https://github.com/acme/shop/issues/12 and /acme/shop/pull/13", ("#12", "#13")),
        ("see https://github.com/acme/other/issues/12", ()),
        ("GH-12", ("#12",)),
        ("#000, #0, #12px, &#123; a#12, #1.2, C#, UTF-8, page#3", ()),
    ],
)
def test_github(text, keys):
    assert keys_in(text, GITHUB) == keys


def test_gitlab_has_its_own_addresses():
    text = "#5, acme/group/shop#6, https://gitlab.com/acme/group/shop/-/issues/7, GH-8, !9, shop#10"
    assert keys_in(text, GITLAB) == ("#5", "#6", "#7")


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("12-a-window", ("#12",)),
        ("feature/12-a-window", ("#12",)),
        ("issue-12", ("#12",)),
        ("anne/gh-12-window", ("#12",)),
        ("fix-12-window", ("#12",)),
        ("release/2-stable", ()),
        ("v2", ()),
        ("2026-11-01", ()),
        ("main", ()),
    ],
)
def test_branches_for_a_forge(name, keys):
    assert keys_of_branch(name, GITHUB) == keys


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("a window [aB3dE6gH]", ("aB3dE6gH",)),
        ("https://trello.com/c/aB3dE6gH/12-a-window", ("aB3dE6gH",)),
        ("https://trello.com/c/abcdefgh", ("abcdefgh",)),
        ("[security] [Refactor] [20261101] [WIP12345] [aB3dE6gH](link) [short]", ()),
    ],
)
def test_trello(text, keys):
    assert keys_in(text, TRELLO) == keys


def test_branches_for_trello():
    assert keys_of_branch("feature/aB3dE6gH-a-window", TRELLO) == ("aB3dE6gH",)
    assert keys_of_branch("feature/security-20261101", TRELLO) == ()


def test_a_pattern_of_ones_own_counts_alone():
    own = Tickets(tracker=TrackerKind.JIRA, project="ABC", pattern=r"\bticket (ABC-\d+)")
    assert keys_in("ABC-1, ticket ABC-2", own) == ("ABC-2",)
    assert keys_in("ABC-1", Tickets(tracker=TrackerKind.JIRA, project="ABC", pattern=r"ABC-\d+")) == ("ABC-1",)


def test_what_would_command_a_terminal_is_no_key():
    own = Tickets(tracker=TrackerKind.JIRA, project="ABC", pattern=r"ticket (\S+)")
    assert keys_in("ticket \x1b[2JABC-1, ticket ABC-2", own) == ("ABC-2",)
