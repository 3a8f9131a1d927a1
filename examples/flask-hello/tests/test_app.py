import pytest

from app import create_app


@pytest.fixture
def client():
    return create_app().test_client()


def test_it_greets(client):
    assert client.get("/").text == "Hello from Flask\n"


def test_it_is_healthy(client):
    assert client.get("/health").get_json() == {"status": "ok"}


def test_a_guest_who_signed_is_listed(client):
    assert client.post("/guests", json={"name": " Ada "}).status_code == 201
    assert client.get("/guests").get_json() == ["Ada"]


@pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": 7}])
def test_a_guest_without_a_name_is_refused(client, body):
    assert client.post("/guests", json=body).status_code == 400


def test_a_body_comes_back_as_it_was(client):
    assert client.post("/echo", data=b"\x00\xff").data == b"\x00\xff"
