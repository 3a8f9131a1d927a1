"""Each tracker against a server that refuses whatever its vendor's published description doesn't have."""

import pytest

from ecluse.model.secret import Secret
from ecluse.providers.github.tracker import GithubTracker
from ecluse.providers.gitlab.tracker import GitlabTracker
from ecluse.providers.jira.tracker import JiraTracker
from ecluse.providers.trello.tracker import TrelloTracker
from ecluse.system.clock import SystemClock
from support import trackers
from support.published import WHY_NOT, is_there

if not all(map(is_there, ("jira", "trello", "github", "gitlab"))):
    pytest.skip(WHY_NOT, allow_module_level=True)

PAGE = 2
"""Small, so that every list has several."""


class Described(trackers.Named):
    """With comments of people around ours."""

    made, state = None, None
    names = ("#1", "#99", "closed")

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


class TestGithub(Described):
    made, state = GithubTracker, trackers.Github


class TestGitlab(Described):
    made, state = GitlabTracker, trackers.Gitlab


class TestJira(Described):
    made, state = JiraTracker, trackers.Jira
    names = ("ABC-1", "ABC-99", "Finish")


class TestTrello(Described):
    made, state = TrelloTracker, trackers.Trello
    names = ("aB3dE6gH", "zZ9zZ9zZ", "Done")
