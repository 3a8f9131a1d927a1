"""Notes from what commits say."""

from ecluse.loop.release.notes import notes
from ecluse.ports.source import Change


def change(subject, body="", commit="1a2b3c4d5e"):
    return Change(commit=commit, subject=subject, body=body, author="Ada")


def test_changes_are_grouped_and_what_breaks_comes_first():
    told = notes(
        "1.0.0",
        [
            change("feat(roof): tiles", commit="1111111ff"),
            change("Paint the wall", commit="2222222ff"),
            change("fix: the door", "BREAKING CHANGE: opens outwards", commit="3333333ff"),
            change("Merge branch 'main'"),
            change("chore: sweep"),
            change("docs: how to live here", commit="4444444ff"),
        ],
    )
    assert told == (
        "## 1.0.0\n\n"
        "### Breaking\n\n- opens outwards (3333333)\n\n"
        "### Added\n\n- **roof**: tiles (1111111)\n\n"
        "### Fixed\n\n- the door (3333333)\n\n"
        "### Documentation\n\n- how to live here (4444444)\n\n"
        "### Changed\n\n- Paint the wall (2222222)\n"
    )


def test_nothing_worth_telling_is_said():
    assert notes("0.1.1", [change("chore: sweep")]) == "## 0.1.1\n\nNo changes to tell.\n"


def test_words_are_never_markup():
    assert "- \\[x\\](y) \\<b\\> (1a2b3c4)" in notes("1.0.0", [change("[x](y) <b>")])


def test_a_kind_of_one_s_own_is_a_change():
    assert "### Changed\n\n- shorter names" in notes("1.0.0", [change("refactor: shorter names")])


def test_no_commit_commands_a_terminal():
    told = notes("1.0.0", [change("fix: \x1b[31mred\x1b[0m \x1bc \x9b2J \u202etxt.exe")])
    assert told.splitlines()[-1] == "- red ?c ?2J ?txt.exe (1a2b3c4)"
