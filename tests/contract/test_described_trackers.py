"""Each tracker against a server that refuses whatever its vendor's published description doesn't have."""

import pytest

from ecluse.model.secret import Secret
from ecluse.providers.github.tracker import GithubTracker
from ecluse.providers.gitlab.tracker import GitlabTracker
from ecluse.providers.jira.tracker import JiraTracker
from ecluse.providers.trello.tracker import TrelloTracker
from ecluse.system.clock import SystemClock
from ecluse.testing.tracker import TrackerContract
from support import trackers
from support.published import WHY_NOT, description, is_there

if not all(map(is_there, ("jira", "trello", "github", "gitlab"))):
    pytest.skip(WHY_NOT, allow_module_level=True)

PAGE = 2
"""Small, so that every list has several."""


class Described(TrackerContract):
    """With comments of people around ours."""

    made, state = None, None

    @pytest.fixture
    def mock(self, key):
        there = self.state(key)
        there.chatter(key, 3)
        with trackers.served(there) as mock:
            yield mock
            assert mock.rejected == []

    @pytest.fixture
    def tracker(self, mock):
        return self.made(trackers.settings(mock), Secret(trackers.TOKEN), SystemClock(), page=PAGE)

    @pytest.fixture
    def key(self):
        return "#1"

    @pytest.fixture
    def absent(self):
        return "#99"

    @pytest.fixture
    def done(self):
        return "closed"


class TestGithub(Described):
    made, state = GithubTracker, trackers.Github


class TestGitlab(Described):
    made, state = GitlabTracker, trackers.Gitlab


class TestJira(Described):
    made, state = JiraTracker, trackers.Jira

    @pytest.fixture
    def key(self):
        return "ABC-1"

    @pytest.fixture
    def absent(self):
        return "ABC-99"

    @pytest.fixture
    def done(self):
        return "Finish"


class TestTrello(Described):
    made, state = TrelloTracker, trackers.Trello

    @pytest.fixture
    def key(self):
        return "aB3dE6gH"

    @pytest.fixture
    def absent(self):
        return "zZ9zZ9zZ"

    @pytest.fixture
    def done(self):
        return "Done"


JSON, FORM = "application/json", "application/x-www-form-urlencoded"
BAD = [
    ("github", "POST", "/repos/a/b/issues/1/comments", [], JSON, b'{"body": 7}', "7 is not of type 'string'"),
    ("github", "POST", "/repos/a/b/issues/1/comments", [], JSON, b'{"text": "hello"}', "no field text"),
    ("github", "POST", "/repos/a/b/issues/1/remarks", [], JSON, b'{"body": "hello"}', "no path"),
    ("github", "PUT", "/repos/a/b/issues/1/comments", [], JSON, b'{"body": "hello"}', "no PUT"),
    ("github", "GET", "/repos/a/b/issues/one/comments", [], "", b"", "'one' is not of type 'integer'"),
    ("github", "GET", "/repos/a/b/issues/1/comments", [("per_pages", "2")], "", b"", "no query parameter per_pages"),
    ("github", "PATCH", "/repos/a/b/issues/1", [], JSON, b'{"state": "done"}', "'done' is not one of"),
    ("gitlab", "POST", "/v3/projects/1/issues/1/notes", [], FORM, b"text=hello", "'body' is a required property"),
    ("gitlab", "POST", "/v3/projects/1/issues/1/notes", [], JSON, b'{"body": "hello"}', "no body of type"),
    ("gitlab", "PUT", "/v3/projects/1/issues/1", [], FORM, b"state_event=closed", "'closed' is not one of"),
    ("jira", "POST", "/rest/api/3/comment/list", [], JSON, b'{"ids": ["a"]}', "'a' is not of type 'integer'"),
    ("jira", "POST", "/rest/api/3/issue/A-1/comment", [], JSON, b'{"properties": {}}', "is not of type 'array'"),
    ("jira", "POST", "/rest/api/3/issue/A-1/transitions", [], JSON, b'{"transition": {"id": 31}}', "'string'"),
    ("trello", "POST", "/cards/a/actions/comments", [], JSON, b'{"text": "hello"}', "key is missing"),
    ("trello", "PUT", "/cards/a", [("key", "k"), ("token", "t")], JSON, b'{"list": "Done"}', "no field list"),
]


@pytest.mark.parametrize(("kind", "method", "path", "query", "content", "body", "why"), BAD)
def test_a_request_that_is_not_described_is_refused(kind, method, path, query, content, body, why):
    faults = description(kind).faults(method, path, query, content, body)
    assert any(why in fault for fault in faults), faults
