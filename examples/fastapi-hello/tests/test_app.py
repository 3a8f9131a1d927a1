import pytest
from fastapi.testclient import TestClient

from app import create_app


@pytest.fixture
def client():
    return TestClient(create_app())


def test_it_greets(client):
    assert client.get("/").text == "Hello from FastAPI\n"


def test_it_is_healthy(client):
    assert client.get("/health").json() == {"status": "ok"}


def test_a_guest_who_signed_is_listed(client):
    assert client.post("/guests", json={"name": " Ada "}).status_code == 201
    assert client.get("/guests").json() == ["Ada"]


@pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": 7}])
def test_a_guest_without_a_name_is_refused(client, body):
    assert client.post("/guests", json=body).status_code == 422


def test_a_body_comes_back_as_it_was(client):
    assert client.post("/echo", content=b"\x00\xff").content == b"\x00\xff"


def test_the_room_answers(client):
    with client.websocket_connect("/room") as socket:
        socket.send_text("hi")
        assert socket.receive_text() == "you said: hi"
