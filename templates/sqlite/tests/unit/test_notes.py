from pathlib import Path

import pytest

from app.notes import LONGEST, Notes


@pytest.fixture
def notes(tmp_path: Path) -> Notes:
    return Notes(tmp_path / "data" / "notes.db")


def test_the_newest_notes_come_first(notes: Notes) -> None:
    for text in ("one", "two", "three"):
        notes.leave(text)
    assert [note.text for note in notes.newest(2)] == ["three", "two"]


@pytest.mark.parametrize("text", ["", "  ", "x" * (LONGEST + 1)])
def test_a_note_says_something_but_not_too_much(notes: Notes, text: str) -> None:
    with pytest.raises(ValueError, match="characters"):
        notes.leave(text)
    assert notes.newest(1) == []


def test_notes_are_still_there_when_the_file_is_opened_again(tmp_path: Path) -> None:
    Notes(tmp_path / "notes.db").leave("remember me")
    assert [note.text for note in Notes(tmp_path / "notes.db").newest(1)] == ["remember me"]
