"""What the vendors published judges requests: the servers of the tests refuse what it doesn't have."""

import pytest

from support.published import description

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
BAD = [
    ("github", "POST", "/repos/a/b/issues/1/comments", [], JSON, b'{"body": 7}', "7 is not of type 'string'"),
    ("github", "POST", "/repos/a/b/issues/1/comments", [], JSON, b'{"text": "hello"}', "no field text"),
    ("github", "POST", "/repos/a/b/issues/1/remarks", [], JSON, b'{"body": "hello"}', "no path"),
    ("github", "PUT", "/repos/a/b/issues/1/comments", [], JSON, b'{"body": "hello"}', "no PUT"),
    ("github", "GET", "/repos/a/b/issues/one/comments", [], "", b"", "'one' is not of type 'integer'"),
    ("github", "GET", "/repos/a/b/issues/1/comments", [("per_pages", "2")], "", b"", "no query parameter per_pages"),
    ("github", "PATCH", "/repos/a/b/issues/1", [], JSON, b'{"state": "done"}', "'done' is not one of"),
    ("github", "POST", "/repos/a/b/release", [], JSON, b'{"tag_name": "v1"}', "no path"),
    ("github", "PUT", "/repos/a/b/releases", [], JSON, b'{"tag_name": "v1"}', "no PUT"),
    ("github", "POST", "/repos/a/b/releases", [], JSON, b"{}", "'tag_name' is a required property"),
    ("github", "POST", "/repos/a/b/releases", [], JSON, b'{"tag_name": 1}', "1 is not of type 'string'"),
    ("github", "POST", "/repos/a/b/releases", [], JSON, b'{"tag_name": "v1", "notes": "x"}', "no field notes"),
    ("github", "POST", "/repos/a/b/releases/1/assets", [], "application/gzip", b"x", "name is missing"),
    ("github", "GET", "/repos/a/b/releases/tags/v1", [("nonsense", "1")], "", b"", "no query parameter nonsense"),
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


GOOD = [
    ("github", "POST", "/repos/a/b/releases", [], JSON, b'{"tag_name": "v1", "body": "Notes"}'),
    ("github", "POST", "/repos/a/b/releases/1/assets", [("name", "a.whl")], "application/zip", b"x"),
    ("github", "POST", "/repos/a/b/issues/1/comments", [], JSON, b'{"body": "hello"}'),
    ("gitlab", "POST", "/v3/projects/1/issues/1/notes", [], FORM, b"body=hello"),
]


@pytest.mark.parametrize("request_", GOOD)
def test_a_right_request_has_no_fault(request_):
    kind, *asked = request_
    assert description(kind).faults(*asked) == []
