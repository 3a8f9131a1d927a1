"""Trackers on a loopback port: each checks every request against what the vendor published, if that is here, and keeps
enough state to answer as the vendor would."""

import contextlib
import itertools
import json
import ssl
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

from ecluse.model.tracker import Tickets, TrackerKind
from ecluse.testing.tracker import TrackerContract
from support.published import description, is_there

TOKEN = "s3cret-token-of-tests"


@dataclass
class Issue:
    title: str = "A window"
    status: str = "To Do"
    labels: list = field(default_factory=list)
    comments: list = field(default_factory=list)
    """(number, text or document, properties)"""
    request: bool = False
    reason: str = ""


class State:
    """What several machines share."""

    kind = ""
    base = ""
    """What stands before the described paths."""

    def __init__(self, *keys):
        self.issues = {key: Issue() for key in keys}
        self.numbers = itertools.count(10_000)
        self.hidden = False
        """Whether the project isn't there, as for a token that may not see it."""

    def texts(self, key):
        """What stands in the comments, ours and others'."""
        return [text for _, text, _ in self.issues[key].comments]

    def say(self, key, text, properties=()):
        made = (next(self.numbers), text, list(properties))
        self.issues[key].comments.append(made)
        return made

    def chatter(self, key, count):
        """Comments of people."""
        for number in range(count):
            self.say(key, self.spoken(f"me too {number}"))

    def spoken(self, text):
        return text

    def let_in(self, headers):
        return headers.get("Authorization") == f"Bearer {TOKEN}"

    def described(self, path, query):
        """As the description has it."""
        return path.removeprefix(self.base), query

    def withdraw(self, number):
        for issue in self.issues.values():
            for comment in issue.comments:
                if str(comment[0]) == number:
                    issue.comments.remove(comment)
                    return 204, None
        return 404, {}


def page_of(items, query, size=30):
    size, page = int(query.get("per_page", size)), int(query.get("page", 1))
    return items[(page - 1) * size : page * size]


class Github(State):
    kind = "github"

    def answer(self, method, path, query, body):
        if self.hidden or not path.startswith("/repos/acme/shop"):
            return 404, {"message": "Not Found"}
        match path.split("/")[4:]:
            case []:
                return 200, {"full_name": "acme/shop"}
            case ["issues", "comments", number] if method == "DELETE":
                return self.withdraw(number)
            case ["issues", number, *rest] if f"#{number}" in self.issues:
                return self._issue(f"#{number}", rest, method, query, body)
        return 404, {"message": "Not Found"}

    def _issue(self, key, rest, method, query, body):
        issue = self.issues[key]
        match rest, method:
            case ["comments"], "GET":
                return 200, [{"id": number, "body": text} for number, text, _ in page_of(issue.comments, query)]
            case ["comments"], "POST":
                number, text, _ = self.say(key, body["body"])
                return 201, {"id": number, "body": text}
            case ["labels"], "POST":
                issue.labels += body["labels"]
                return 200, [{"name": label} for label in issue.labels]
            case [], "PATCH":
                issue.status, issue.reason = body["state"], body.get("state_reason") or ""
        return 200, {
            "number": int(key[1:]), "title": issue.title, "state": "closed" if issue.status == "closed" else "open",
            "state_reason": issue.reason or None, "labels": [{"name": label} for label in issue.labels],
            "html_url": f"https://github.com/acme/shop/issues/{key[1:]}",
            **({"pull_request": {"merged_at": "2026-01-01T00:00:00Z"}} if issue.request else {}),
        }  # fmt: skip


class Gitlab(State):
    kind = "gitlab"

    def let_in(self, headers):
        return headers.get("PRIVATE-TOKEN") == TOKEN

    def described(self, path, query):
        """The description is of version 3 of the API; the paths are the same in version 4, which is today's."""
        return path.replace("/api/v4/", "/v3/"), query

    def answer(self, method, path, query, body):
        project, *rest = [unquote(part) for part in path.split("/")[4:]]
        if self.hidden or project != "acme/shop":
            return 404, {"message": "404 Project Not Found"}
        match rest:
            case []:
                return 200, {"id": 1}
            case ["issues", number, *rest] if f"#{number}" in self.issues:
                return self._issue(f"#{number}", rest, method, query, body)
        return 404, {"message": "404 Not found"}

    def _issue(self, key, rest, method, query, body):
        issue = self.issues[key]
        match rest, method:
            case ["notes"], "GET":  # newest first, as it does where no order is asked for
                notes = [{"id": number, "body": text, "system": False} for number, text, _ in issue.comments[::-1]]
                return 200, page_of(notes, query, 20)
            case ["notes"], "POST":
                number, text, _ = self.say(key, body["body"])
                return 201, {"id": number, "body": text, "system": False}
            case ["notes", number], "DELETE":
                return self.withdraw(number)
            case [], "PUT":
                event = body.get("state_event")
                issue.status = {"close": "closed", "reopen": "opened", None: issue.status}[event]
                issue.labels += filter(None, body.get("add_labels", "").split(","))
        state = "closed" if issue.status == "closed" else "opened"
        return 200, {"iid": int(key[1:]), "title": issue.title, "state": state, "labels": issue.labels, "web_url": ""}


class Jira(State):
    kind = "jira"
    transitions = (("11", "Start", "In Progress"), ("31", "Finish", "Done"), ("41", "Done", "Done"))

    def let_in(self, headers):
        import base64

        wanted = base64.b64encode(f"bot@example.org:{TOKEN}".encode()).decode()
        return headers.get("Authorization") == f"Basic {wanted}"

    def spoken(self, text):
        content = [{"type": "paragraph", "content": [{"type": "text", "text": text}]}]
        return {"version": 1, "type": "doc", "content": content}

    def answer(self, method, path, query, body):
        match path.split("/")[4:]:
            case ["project", _]:
                return (404, {}) if self.hidden else (200, {"key": "ABC"})
            case ["comment", "list"]:
                wanted = set(body["ids"])
                found = [self._comment(one, query) for issue in self.issues.values() for one in issue.comments
                         if one[0] in wanted]  # fmt: skip
                return 200, {"values": found[::-1], "total": len(found), "isLast": True}
            case ["issue", key, *rest] if key in self.issues and not self.hidden:
                return self._issue(key, rest, method, query, body)
        return 404, {"errorMessages": ["Issue does not exist or you do not have permission to see it."]}

    def _issue(self, key, rest, method, query, body):
        issue = self.issues[key]
        match rest, method:
            case ["comment"], "GET":
                start, size = int(query.get("startAt", 0)), int(query.get("maxResults", 50))
                some = [self._comment(one, {}) for one in issue.comments[start : start + size]]
                return 200, {"comments": some, "startAt": start, "total": len(issue.comments)}
            case ["comment"], "POST":
                assert body["body"]["type"] == "doc"
                return 201, self._comment(self.say(key, body["body"], body.get("properties", ())), {})
            case ["comment", number], "DELETE":
                return self.withdraw(number)
            case ["transitions"], "GET":
                return 200, {"transitions": [{"id": one, "name": name, "to": {"name": to}}
                                             for one, name, to in self.transitions]}  # fmt: skip
            case ["transitions"], "POST":
                issue.status = next(to for one, _, to in self.transitions if one == body["transition"]["id"])
                return 204, None
        category = {"To Do": "new", "Done": "done"}.get(issue.status, "indeterminate")
        status = {"name": issue.status, "statusCategory": {"key": category}}
        return 200, {"key": key, "fields": {"summary": issue.title, "status": status}}

    def _comment(self, comment, query):
        number, document, properties = comment
        shown = {"properties": properties} if query.get("expand") == "properties" else {}
        return {"id": str(number), "body": document, **shown}


class Trello(State):
    kind = "trello"
    base = "/1"
    lists = (("a" * 24, "To Do"), ("b" * 24, "Done"))

    def __init__(self, *keys):
        super().__init__(*keys)
        self.boards = {}

    def let_in(self, headers):
        return headers.get("Authorization") == f'OAuth oauth_consumer_key="key", oauth_token="{TOKEN}"'

    def described(self, path, query):
        """The description knows only of key and token in the address; a header may hold them, and is not kept in logs
        (developer.atlassian.com/cloud/trello/guides/rest-api/authorization)."""
        return path.removeprefix(self.base), [*query, ("key", "key"), ("token", "token")]

    def answer(self, method, path, query, body):
        match path.split("/")[2:]:
            case ["boards", "nC8QJJoZ"] if not self.hidden:
                return 200, {"id": "c" * 24}
            case ["boards", "nC8QJJoZ", "lists"]:
                return 200, [{"id": one, "name": name} for one, name in self.lists]
            case ["actions", number] if method == "DELETE":
                return self.withdraw(str(int(number[8:], 16)))
            case ["cards", key, *rest] if key in self.issues and not self.hidden:
                return self._card(key, rest, method, query, body)
        return 404, "The requested resource was not found."

    def _card(self, key, rest, method, query, body):
        card = self.issues[key]
        match rest, method:
            case ["actions"], "GET":
                newest = [self._action(one) for one in card.comments[::-1]]
                places = [place for place, one in enumerate(newest) if one["id"] == query.get("before")]
                start = places[0] + 1 if places else 0
                return 200, newest[start : start + int(query["limit"])]
            case ["actions", "comments"], "POST":
                return 200, self._action(self.say(key, body["text"]))
            case [], "PUT":
                card.status = dict(self.lists)[body["idList"]]
        board = {"id": "c" * 24, "shortLink": self.boards.get(key, "nC8QJJoZ")}
        return 200, {
            "name": card.title, "closed": False, "dueComplete": card.status == "Done", "idBoard": board["id"],
            "list": {"name": card.status}, "board": board, "shortUrl": f"https://trello.com/c/{key}",
        }  # fmt: skip

    def _action(self, comment):
        number, text, _ = comment
        return {"id": f"65000000{number:016x}", "data": {"text": text}}


class Mock(ThreadingHTTPServer):
    """`rejected` are the requests that aren't described, with why; `asked` all of them. `script` answers the next
    requests instead: (status, headers), or a function of (method, path, do), where `do` does what was asked. `chain`: a
    file with the key and certificate of one that is asked by HTTPS."""

    def __init__(self, state, *, checks=True, host="127.0.0.1", chain=None):
        super().__init__((host, 0), Handler)
        self.is_tls = chain is not None
        if chain:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(chain)
            self.socket = context.wrap_socket(self.socket, server_side=True)
        self.state, self.rejected, self.asked, self.script = state, [], [], []
        self.description = description(state.kind) if checks and is_there(state.kind) else None
        self.lock = threading.Lock()

    @property
    def url(self):
        host, port = self.server_address
        return f"{'https' if self.is_tls else 'http'}://{host}:{port}"

    def handle_error(self, request, client_address):
        """A client that was killed is none of our errors."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """Nothing."""

    def handle_any(self):
        mock, parts = self.server, urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        kind = (self.headers.get("Content-Type") or "").partition(";")[0]
        query = parse_qsl(parts.query, keep_blank_values=True)
        with mock.lock:
            mock.asked.append(f"{self.command} {unquote(parts.path)}")
            if mock.description:
                path, described = mock.state.described(parts.path, query)
                if faults := mock.description.faults(self.command, path, described, kind, raw):
                    mock.rejected.append((f"{self.command} {self.path}", faults))
                    return self.give(400, {"errors": faults})
            if not mock.state.let_in(self.headers):
                return self.give(401, {"message": "Bad credentials"})

            def do():
                form = kind == "application/x-www-form-urlencoded"
                body = dict(parse_qsl(raw.decode())) if form else json.loads(raw or b"null")
                return mock.state.answer(self.command, parts.path, dict(query), body)

            scripted = mock.script.pop(0) if mock.script else None
            if callable(scripted):
                found = scripted(self.command, parts.path, do)
                return self.cut() if found is None else self.give(*found)
            if scripted:
                return self.give(scripted[0], {"message": "scripted"}, scripted[1])
            return self.give(*do())

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815

    def cut(self):
        self.close_connection = True

    def give(self, status, document, headers=()):
        body = document if isinstance(document, bytes) else b"" if document is None else json.dumps(document).encode()
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextlib.contextmanager
def served(state, **how):
    with Mock(state, **how) as mock:
        thread = threading.Thread(target=mock.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield mock
        finally:
            mock.shutdown()
            thread.join()


def settings(mock, **more):
    """What the manifest would say."""
    kind = mock.state.kind
    plain = {
        "jira": {"project": "ABC", "account": "bot@example.org"},
        "trello": {"board": "nC8QJJoZ", "account": "key"},
        "github": {"project": "acme/shop"},
        "gitlab": {"project": "acme/shop"},
    }[kind]
    return Tickets(tracker=TrackerKind(kind), url=mock.url, **plain, **more)


class Named(TrackerContract):
    """The contract with `names`: of the ticket, of one that isn't there, and of a state in which one is done."""

    names = ()

    @pytest.fixture
    def key(self):
        return self.names[0]

    @pytest.fixture
    def absent(self):
        return self.names[1]

    @pytest.fixture
    def done(self):
        return self.names[2]
