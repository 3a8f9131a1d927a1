import pytest

from app.models import Note
from app.views import text_in


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"text": 1}', b"\xff", b'{"text": "  "}', rb'{"text": "\ud800"}'],
)
def test_what_says_nothing_is_no_text(body: bytes) -> None:
    assert text_in(body) == ""


def test_a_note_is_shown_by_its_text() -> None:
    assert str(Note(text="hello")) == "hello"
