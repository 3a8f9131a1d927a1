"""Words of others, shown to people."""

import pytest

from ecluse.model.harmless import harmless


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, été, 名前, 👨‍👩‍👧", "plain, été, 名前, 👨‍👩‍👧"),
        ("\x1b[1;31mred\x1b[0m and\tmore", "red and more"),
        ("\x1b[2J\x1b]0;title\x07", "?[2J?]0;title?"),
        ("\x9b2J\x08\x7f", "?2J??"),
        ("\u202etxt.exe\u2069", "?txt.exe?"),
        ("  ::error::x", "|   ::error::x"),
        ("a\n##[error]b", "a\n## [error]b"),
    ],
)
def test_nothing_is_commanded(text, shown):
    assert harmless(text) == shown
