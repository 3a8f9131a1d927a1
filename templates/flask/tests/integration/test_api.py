from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app.config import Config
from app.main import create_app


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    return create_app(Config(database=tmp_path / "notes.db", page=2)).test_client()


def test_a_note_that_was_left_is_listed(client: FlaskClient) -> None:
    left = client.post("/notes", json={"text": "  hello "})
    assert (left.status_code, left.get_json()["text"]) == (201, "hello")
    assert client.get("/notes").get_json() == {"notes": [left.get_json()]}


def test_a_page_holds_no_more_than_is_configured(client: FlaskClient) -> None:
    for number in range(3):
        client.post("/notes", json={"text": f"note {number}"})
    listed = client.get("/notes").get_json()["notes"]
    assert [note["text"] for note in listed] == ["note 2", "note 1"]


@pytest.mark.parametrize("body", [{"text": " "}, {"text": 1}, {}, []])
def test_a_note_without_a_text_is_refused(client: FlaskClient, body: object) -> None:
    answer = client.post("/notes", json=body)
    assert (answer.status_code, "characters" in answer.get_json()["error"]) == (422, True)


def test_half_a_character_is_refused(client: FlaskClient) -> None:
    body = r'{"text": "\ud800"}'
    assert client.post("/notes", data=body, content_type="application/json").status_code == 422


def test_it_says_that_it_is_well(client: FlaskClient) -> None:
    assert client.get("/health").get_json() == {"status": "ok"}


def test_what_was_asked_is_counted(client: FlaskClient) -> None:
    client.get("/notes")
    assert 'route="/notes",status="200"} 1.0' in client.get("/metrics").text
