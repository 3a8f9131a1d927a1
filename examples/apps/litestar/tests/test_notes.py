import pytest
from litestar.testing import TestClient


@pytest.fixture
def client(monkeypatch, tmp_path):
    monkeypatch.setenv("BOARD_SECRET_KEY", "for tests")
    monkeypatch.setenv("DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path}/test.sqlite")
    from board.asgi import create_app

    with TestClient(create_app()) as client:
        yield client


def test_no_notes_at_first(client):
    assert client.get("/notes").json() == []
