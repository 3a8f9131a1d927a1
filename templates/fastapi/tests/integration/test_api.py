from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.config import Config
from app.main import create_app


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    return TestClient(create_app(Config(database=tmp_path / "notes.db", page=2)))


def test_a_note_that_was_left_is_listed(client: TestClient) -> None:
    left = client.post("/notes", json={"text": "  hello "})
    assert (left.status_code, left.json()["text"]) == (201, "hello")
    assert client.get("/notes").json() == {"notes": [left.json()]}


def test_a_page_holds_no_more_than_is_configured(client: TestClient) -> None:
    for number in range(3):
        client.post("/notes", json={"text": f"note {number}"})
    assert [note["text"] for note in client.get("/notes").json()["notes"]] == ["note 2", "note 1"]


@pytest.mark.parametrize(
    "body", ['{"text": " "}', "[]", "", '{"text": NaN}', r'{"text": "\ud800"}']
)
def test_what_is_no_note_is_refused(client: TestClient, body: str) -> None:
    answer = client.post("/notes", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["detail"][0]["loc"][0]) == (422, "body")


def test_it_says_that_it_is_well(client: TestClient) -> None:
    assert client.get("/health").json() == {"status": "ok"}


def test_what_was_asked_is_counted(client: TestClient) -> None:
    client.get("/notes")
    assert 'route="/notes",status="200"} 1.0' in client.get("/metrics").text
