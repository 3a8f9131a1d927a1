import pytest
from django.core.management import call_command
from django.test import Client

pytestmark = pytest.mark.django_db


def leave(client: Client, text: object) -> tuple[int, dict[str, object]]:
    answer = client.post("/notes", {"text": text}, content_type="application/json")
    return answer.status_code, answer.json()


def test_a_note_that_was_left_is_listed(client: Client) -> None:
    status, note = leave(client, "  hello ")
    assert (status, note["text"]) == (201, "hello")
    assert client.get("/notes").json() == {"notes": [note]}


def test_the_newest_notes_come_first(client: Client) -> None:
    for text in ("one", "two"):
        leave(client, text)
    assert [note["text"] for note in client.get("/notes").json()["notes"]] == ["two", "one"]


@pytest.mark.parametrize("text", [" ", "x" * 501, 1])
def test_a_note_says_something_but_not_too_much(client: Client, text: object) -> None:
    status, answer = leave(client, text)
    assert (status, "characters" in str(answer["error"])) == (422, True)


def test_it_says_that_it_is_well(client: Client) -> None:
    assert client.get("/health").json() == {"status": "ok"}


def test_what_was_asked_is_counted(client: Client) -> None:
    client.get("/notes")
    assert 'route="/notes",status="200"}' in client.get("/metrics").content.decode()


def test_the_migrations_make_what_the_models_say() -> None:
    call_command("makemigrations", "--check", "--dry-run")
