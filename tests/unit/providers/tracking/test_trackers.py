"""What a tracker may answer besides what was asked for."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime

import pytest

from ecluse.model.problem import ProblemError
from ecluse.model.secret import Secret
from ecluse.model.tracker import Tickets, TrackerKind
from ecluse.ports.tracker import RateLimitedError
from ecluse.providers.github.tracker import GithubTracker
from ecluse.providers.gitlab.tracker import GitlabTracker
from ecluse.providers.jira.tracker import JiraTracker
from ecluse.providers.tracking.understood import Understood
from ecluse.providers.trello.tracker import TrelloTracker
from ecluse.testing.clock import FakeClock
from ecluse.testing.tracker import SAID
from support import trackers
from support.certificates import self_signed

KINDS = {
    "github": (GithubTracker, trackers.Github, "#1"),
    "gitlab": (GitlabTracker, trackers.Gitlab, "#1"),
    "jira": (JiraTracker, trackers.Jira, "ABC-1"),
    "trello": (TrelloTracker, trackers.Trello, "aB3dE6gH"),
}


class Asked:
    """A tracker of one kind with one ticket, and the server it asks."""

    def __init__(self, kind, mock, key, token=trackers.TOKEN):
        self.mock, self.key, self.clock = mock, key, FakeClock()
        self._make, self._token = KINDS[kind][0], token

    def ask(self, call):
        async def asked():
            made = self._make(trackers.settings(self.mock), Secret(self._token), self.clock)
            tracker = Understood(made, "The tracker")
            try:
                return await call(tracker)
            finally:
                await tracker.close()

        return asyncio.run(asked())

    def fails(self, call):
        with pytest.raises(ProblemError) as error:
            self.ask(call)
        said = json.dumps([str(error.value), *error.value.problems[0].evidence, error.value.problems[0].fix])
        assert trackers.TOKEN not in said
        return error.value


@pytest.fixture(params=KINDS)
def asked(request):
    _, state, key = KINDS[request.param]
    with trackers.served(state(key)) as mock:
        yield Asked(request.param, mock, key)
        assert mock.rejected == []


@pytest.fixture
def github():
    with trackers.served(trackers.Github("#1")) as mock:
        yield Asked("github", mock, "#1")


def look(asked):
    return lambda tracker: tracker.look(asked.key)


def code(error):
    return error.problems[0].code


def test_a_wrong_token_is_said_by_its_name(asked):
    asked._token = "wrong-token-of-tests"
    error = asked.fails(look(asked))
    assert code(error) == "T003"
    assert "TICKETS_TOKEN" in str(error)
    assert "wrong-token" not in str(error)


def test_what_we_may_not_do_is_said(asked):
    asked.mock.script = [(403, {})]
    assert code(asked.fails(look(asked))) == "T004"


def test_a_project_that_we_may_not_see_is_no_missing_ticket(asked):
    asked.mock.state.hidden = True
    assert code(asked.fails(look(asked))) == "T009"


@pytest.mark.parametrize(("answer", "why"), [((503, {}), "T001"), ((429, {"Retry-After": "9"}), "T006")])
@pytest.mark.once
def test_a_ticket_whose_project_can_not_be_asked_for_is_not_missing(asked, answer, why):
    asked.mock.script = [(404, {}), answer]
    assert code(asked.fails(look(asked))) == why


def test_a_server_that_fails_is_away(asked):
    asked.mock.script = [(502, {})]
    assert code(asked.fails(look(asked))) == "T001"


def test_a_connection_that_is_cut_is_away_and_the_comment_may_be_there(asked):
    asked.mock.script = [lambda method, path, do: do() and None]
    assert code(asked.fails(lambda tracker: tracker.remark(asked.key, SAID))) == "T001"
    (found,) = asked.ask(lambda tracker: tracker.remarks(asked.key))
    assert found.marker == SAID.marker


def test_a_tracker_that_asks_for_a_moment_gets_it(asked):
    asked.mock.script = [(429, {"Retry-After": "2"}), (429, {"Retry-After": "1"})]
    assert asked.ask(look(asked)).title == "A window"
    assert asked.clock.monotonic() == 3


def test_a_tracker_that_asks_for_long_is_asked_later(asked):
    asked.mock.script = [(429, {"Retry-After": "120"})]
    error = asked.fails(look(asked))
    assert (type(error), code(error), error.patience) == (RateLimitedError, "T006", 120)
    assert asked.clock.monotonic() == 0


def test_a_tracker_that_goes_on_asking_is_asked_later(asked):
    asked.mock.script = [(429, {"Retry-After": "1"})] * 3
    assert code(asked.fails(look(asked))) == "T006"


def test_a_date_to_come_back_is_understood(github):
    then = github.clock.now() + timedelta(seconds=90)
    github.mock.script = [(429, {"Retry-After": format_datetime(then, usegmt=True)})]
    assert github.fails(look(github)).patience == 90


@pytest.mark.parametrize("header", ["X-RateLimit-Reset", "RateLimit-Reset"])
def test_a_limit_that_is_reset_at_a_time_is_understood(github, header):
    then = int((github.clock.now() + timedelta(seconds=50)).timestamp())
    github.mock.script = [(429, {header: str(then), "X-RateLimit-Remaining": "0"})]
    assert github.fails(look(github)).patience == 50


def test_githubs_403_for_too_many_is_no_refusal(github):
    github.mock.script = [(403, {"Retry-After": "60"})]
    assert code(github.fails(look(github))) == "T006"


def test_a_server_that_says_when_it_is_back_is_asked_then(asked):
    asked.mock.script = [(503, {"Retry-After": "600"})]
    assert asked.fails(look(asked)).patience == 600


def test_a_limit_without_a_time_is_a_minute(github):
    github.mock.script = [(429, {})]
    assert github.fails(look(github)).patience == 60


@pytest.mark.parametrize("headers", [{"Retry-After": "soon"}, {"X-RateLimit-Reset": "9" * 40}])
def test_a_time_that_can_not_be_read_is_a_minute(github, headers):
    github.mock.script = [(429, headers)]
    assert github.fails(look(github)).patience == 60


@pytest.mark.parametrize("seconds", ["9" * 30, "9" * 400])
def test_a_tracker_is_left_alone_for_a_day_at_most(github, seconds):
    github.mock.script = [(429, {"Retry-After": seconds})]
    assert github.fails(look(github)).patience == 86_400


def test_an_answer_that_lacks_what_it_should_have_is_said(asked):
    asked.mock.script = [lambda method, path, do: (200, {"hello": "world"})]
    assert code(asked.fails(look(asked))) == "T008"


@pytest.mark.parametrize("odd", [{"title": None}, {"state": 5}, {"html_url": []}])
def test_an_answer_of_the_wrong_kind_is_no_crash(github, odd):
    whole = {"title": "A window", "state": "open", "labels": []}
    github.mock.script = [lambda method, path, do: (200, {**whole, **odd})]
    assert code(github.fails(look(github))) == "T008"


def test_an_answer_that_is_nested_without_end_is_no_crash(github):
    github.mock.script = [lambda method, path, do: (200, b"[" * 200_000)]
    assert code(github.fails(look(github))) == "T008"


def test_an_answer_that_quotes_the_token_is_masked(github):
    github.mock.script = [lambda method, path, do: (422, {"you": f"Bearer {trackers.TOKEN}"})]
    error = github.fails(look(github))
    assert code(error) == "T014"
    assert "[secret]" in error.problems[0].evidence[0]


def test_an_issue_that_was_moved_away_is_no_ticket_here(github):
    github.mock.script = [(301, {"Location": "https://elsewhere.example/"})]
    assert code(github.fails(look(github))) == "T005"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.once
def test_nobody_else_is_sent_the_token(asked, status):
    with trackers.served(type(asked.mock.state)(asked.key)) as elsewhere:
        for call in (look(asked), lambda tracker: tracker.remark(asked.key, SAID)):
            asked.mock.script = [(status, {"Location": f"{elsewhere.url}/"})] * 2
            asked.fails(call)
        assert elsewhere.asked == []


def test_nobody_at_the_address_is_away():
    mock = trackers.Mock(trackers.Github("#1"))
    mock.server_close()
    error = Asked("github", mock, "#1").fails(lambda tracker: tracker.look("#1"))
    assert str(error) == "GitHub can't be reached: Connection refused [T001]"


AWAY = Tickets(tracker=TrackerKind.GITHUB, project="acme/shop", url="https://192.0.2.1")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALL_PROXY", "socks5://someone:pass-word@127.0.0.1:1"),
        ("HTTPS_PROXY", "ftp://someone:pass-word@127.0.0.1:1"),
        ("HTTPS_PROXY", "http://someone:pass-word@127.0.0.1:99999"),
        ("SSL_CERT_FILE", "/nowhere/pass-word.pem"),
        ("SSL_CERT_FILE", __file__),
    ],
)
def test_a_proxy_or_certificates_that_can_not_be_used_are_said(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    tracker = Understood(GithubTracker(AWAY, Secret(trackers.TOKEN), FakeClock()), "GitHub")
    with pytest.raises(ProblemError) as error:
        asyncio.run(tracker.look("#1"))
    (problem,) = error.value.problems
    assert (problem.code, name in problem.fix) == ("T015", True)
    assert "pass-word" not in f"{problem.what}{problem.evidence}"


def test_a_certificate_of_ones_own_wants_its_authority(monkeypatch, tmp_path):
    """The server listens where loopback's own rules don't hold."""
    chain = self_signed(tmp_path, "127.0.0.2")
    with trackers.served(trackers.Github("#1"), host="127.0.0.2", chain=chain) as mock:
        assert "certificate isn't trusted" in str(Asked("github", mock, "#1").fails(lambda tracker: tracker.look("#1")))
        monkeypatch.setenv("SSL_CERT_FILE", str(chain))
        assert Asked("github", mock, "#1").ask(lambda tracker: tracker.look("#1")).title == "A window"


def test_a_key_that_is_no_number_is_no_ticket_of_a_forge(github):
    assert code(github.fails(lambda tracker: tracker.look("#12/../../7"))) == "T005"
    assert github.mock.asked == []


def test_a_request_to_merge_is_told_and_never_moved(github):
    github.mock.state.issues["#1"].request = True
    assert github.ask(lambda tracker: tracker.move("#1", "closed")) is False
    assert github.ask(look(github)).status == "merged"


@pytest.mark.parametrize("make", ["github", "gitlab"])
def test_a_state_of_a_forge_that_is_none_is_a_label(make):
    _, state, key = KINDS[make]
    with trackers.served(state(key)) as mock:
        asked = Asked(make, mock, key)
        assert asked.ask(lambda tracker: tracker.move(key, "released")) is True
        assert asked.ask(lambda tracker: tracker.move(key, "Released")) is False
        assert mock.state.issues[key].labels == ["released"]
        assert asked.ask(lambda tracker: tracker.move(key, "not planned")) is True
        assert asked.ask(lambda tracker: tracker.move(key, "open")) is True
        assert asked.ask(lambda tracker: tracker.move(key, "open")) is False
        assert mock.rejected == []


@pytest.mark.parametrize("kind", ["jira", "trello"])
def test_a_state_that_is_not_to_be_had_names_those_that_are(kind):
    _, state, key = KINDS[kind]
    with trackers.served(state(key)) as mock:
        asked = Asked(kind, mock, key)
        error = asked.fails(lambda tracker: tracker.move(key, "Nowhere"))
        assert code(error) == "T007"
        assert "Done" in error.problems[0].evidence[0]


def test_jira_takes_a_transition_by_its_status_too():
    with trackers.served(trackers.Jira("ABC-1")) as mock:
        asked = Asked("jira", mock, "ABC-1")
        assert asked.ask(lambda tracker: tracker.move("ABC-1", "in progress")) is True
        assert mock.state.issues["ABC-1"].status == "In Progress"


@pytest.mark.parametrize("status", [200, 404])
def test_a_token_that_jira_passes_over_is_said(status):
    """It goes on as if nobody had signed in: an issue that isn't public is a 404."""
    with trackers.served(trackers.Jira("ABC-1")) as mock:
        mock.script = [(status, {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"})]
        assert code(Asked("jira", mock, "ABC-1").fails(lambda tracker: tracker.look("ABC-1"))) == "T003"


def test_a_card_of_another_board_is_no_ticket_of_ours():
    with trackers.served(trackers.Trello("aB3dE6gH")) as mock:
        mock.state.boards["aB3dE6gH"] = "otherone"
        assert code(Asked("trello", mock, "aB3dE6gH").fails(lambda tracker: tracker.remarks("aB3dE6gH"))) == "T005"


TO_OTHERS = b"unauthorized card permission requested"
"""And of a board, "unauthorized permission requested"; both as plain text."""


def test_a_card_that_the_token_may_not_see_says_nothing_of_the_token():
    with trackers.served(trackers.Trello("aB3dE6gH")) as mock:
        asked = Asked("trello", mock, "aB3dE6gH")
        mock.script = [lambda method, path, do: (401, TO_OTHERS)]
        assert code(asked.fails(look(asked))) == "T005"
        mock.script = [lambda method, path, do: (401, TO_OTHERS)] * 2
        assert code(asked.fails(look(asked))) == "T009"
        mock.script = [lambda method, path, do: (401, b"invalid token")]
        assert code(asked.fails(look(asked))) == "T003"


def test_a_comment_that_trello_does_not_take_is_refused():
    with trackers.served(trackers.Trello("aB3dE6gH")) as mock:
        mock.script = [lambda method, path, do: (400, b"invalid value for text")]
        error = Asked("trello", mock, "aB3dE6gH").fails(lambda tracker: tracker.remark("aB3dE6gH", SAID))
        assert (code(error), error.problems[0].evidence) == ("T014", ("invalid value for text",))


def test_each_of_jiras_projects_is_asked_for_by_itself():
    with trackers.served(trackers.Jira("ABC-1")) as mock:
        tickets = replace(trackers.settings(mock), prefixes=("OPS",))

        async def looked(key):
            tracker = JiraTracker(tickets, Secret(trackers.TOKEN), FakeClock())
            try:
                await tracker.look(key)
            finally:
                await tracker.close()

        for key, project in (("OPS-7", "OPS"), ("ABC-7", "ABC"), ("ELSE-7", "ABC")):
            with pytest.raises(ProblemError):
                asyncio.run(looked(key))
            assert mock.asked[-1] == f"GET /rest/api/3/project/{project}"


def test_a_marker_that_a_person_copied_into_a_table_is_no_trouble(github):
    github.mock.state.say("#1", "ecluse:1 app= release=1")
    github.mock.state.say("#1", None)
    assert github.ask(lambda tracker: tracker.remarks("#1")) == ()
