"""The entry in the file of changes, and the page's text."""

import pytest

from ecluse.loop.release.announce import LONGEST, body, cut, with_entry, write_entry
from ecluse.model.intent import Intent, Kind, ReleaseFile, intent_from_json

DIGEST = "sha256:" + "a" * 64
NOTES = "## 1.3.0\n\n### Added\n\n- a window (abcdef1)\n"


def intent(notes=NOTES):
    files = (
        ReleaseFile(name="shop-1.3.0-py3-none-any.whl", digest=DIGEST, size=9, kind=Kind.WHEEL),
        ReleaseFile(name="shop-1.3.0.tar.gz", digest=DIGEST, size=9, kind=Kind.SDIST),
    )
    return Intent(
        app="shop", version="1.3.0", tag="v1.3.0", commit="c" * 40, bundle=DIGEST, config=DIGEST, notes=notes,
        message=notes, files=files,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", f"# Changes\n\n{NOTES}"),
        ("# Changelog\n", f"# Changelog\n\n{NOTES}"),
        ("# Changelog\n\n## 1.2.0\n\n- old\n", f"# Changelog\n\n{NOTES}\n## 1.2.0\n\n- old\n"),
        (
            "## [Unreleased]\n\n- soon\n\n## [1.2.0] - 2026-01-02\n",
            f"## [Unreleased]\n\n- soon\n\n{NOTES}\n## [1.2.0] - 2026-01-02\n",
        ),
        ("## Unreleased\n\n- soon\n", f"## Unreleased\n\n- soon\n\n{NOTES}"),
    ],
)
def test_the_newest_comes_first_once(before, after):
    assert with_entry(before, intent()) == after
    assert with_entry(after, intent()) == after


def test_a_version_that_only_begins_alike_is_another():
    assert with_entry("## 1.3.0-rc1\n\n- old\n", intent()).count("## 1.3.0") == 2


@pytest.mark.parametrize("heading", ["## [1.3.0] - 2026-01-02", "## v1.3.0", "## 1.3.0 (January)"])
def test_an_entry_that_a_person_wrote_is_enough(heading):
    text = f"# Changelog\n\n{heading}\n\n- by hand\n"
    assert with_entry(text, intent()) == text


class TestTheFile:
    def test_keeps_its_ends_of_lines_its_rights_and_its_link(self, tmp_path):
        real, link = tmp_path / "docs.md", tmp_path / "CHANGES.md"
        real.write_bytes(b"# Changelog\r\n\r\n## 1.2.0\r\n")
        real.chmod(0o664)
        link.symlink_to("docs.md")
        assert write_entry(link, tmp_path, intent())
        assert link.is_symlink()
        assert real.stat().st_mode & 0o777 == 0o664
        assert real.read_bytes() == f"# Changelog\n\n{NOTES}\n## 1.2.0\n".replace("\n", "\r\n").encode()
        assert not write_entry(link, tmp_path, intent())
        assert sorted(path.name for path in tmp_path.iterdir()) == ["CHANGES.md", "docs.md"]

    def test_is_begun_with_its_folder(self, tmp_path):
        assert write_entry(tmp_path / "docs" / "Änderungen.md", tmp_path, intent())
        assert (tmp_path / "docs" / "Änderungen.md").read_text() == f"# Changes\n\n{NOTES}"

    def test_that_is_in_no_encoding_we_know_stays_as_it_is(self, tmp_path):
        path = tmp_path / "CHANGES.md"
        path.write_bytes(b"caf\xe9\n")
        with pytest.raises(ValueError, match="utf-8"):
            write_entry(path, tmp_path, intent())
        assert path.read_bytes() == b"caf\xe9\n"

    def test_outside_of_the_repository_is_not_written(self, tmp_path):
        root = tmp_path / "shop"
        root.mkdir()
        (root / "CHANGES.md").symlink_to(tmp_path / "profile")
        with pytest.raises(ValueError, match="profile"):
            write_entry(root / "CHANGES.md", root, intent())
        assert not (tmp_path / "profile").exists()


def test_notes_without_a_heading_get_one():
    assert with_entry("", intent("- all new\n")) == "# Changes\n\n## 1.3.0\n\n- all new\n"


def test_the_page_has_a_title_of_its_own():
    assert body(NOTES) == "### Added\n\n- a window (abcdef1)\n"
    assert body("- all new\n") == "- all new\n"


def test_a_page_gets_as_many_whole_lines_as_it_can_hold():
    line = "- a window (abcdef1)\n"
    told = cut(line * 10_000)
    assert LONGEST - 100 < len(told) < LONGEST + 100
    assert told.startswith(line * 5_000)
    assert told.endswith("(abcdef1)\n\nThere is more: the message of the tag has all of it.\n")
    assert cut(line) == line


def test_an_intent_is_read_as_it_was_written():
    import json

    assert intent_from_json(json.loads(intent().document)) == intent()
    with pytest.raises(ValueError, match="format 2"):
        intent_from_json({**json.loads(intent().document), "format": 2})


def test_sources_are_sent_first():
    assert [file.kind for file in intent().distributions] == [Kind.SDIST, Kind.WHEEL]
