"""Advisories in OSV's format, from a folder."""

import asyncio
import json
import zipfile

import pytest

from ecluse.model.package import Package
from ecluse.model.security import Severity
from ecluse.providers.advisories.folder import FolderAdvisories

DJANGO = Package("django", "4.2.1")


def record(*affected, name="GHSA-1", **more):
    return {"id": name, "modified": "2029-12-01T00:00:00Z", "affected": list(affected), **more}


def about(*events, package="Django", ecosystem="PyPI", **more):
    ranges = [{"type": "ECOSYSTEM", "events": list(events)}] if events else []
    return {"package": {"name": package, "ecosystem": ecosystem}, "ranges": ranges, **more}


@pytest.fixture
def ask(tmp_path):
    def ask(*records, package=DJANGO):
        folder = tmp_path / "advisories"
        folder.mkdir(exist_ok=True)
        for number, one in enumerate(records):
            text = one if isinstance(one, str) else json.dumps(one)
            (folder / f"{number}.json").write_text(text)
        return asyncio.run(FolderAdvisories(folder).ask([package]))[package]

    return ask


@pytest.mark.parametrize(
    ("events", "version", "answer"),
    [
        ([{"introduced": "0"}], "4.2.1", True),
        ([{"introduced": "0"}, {"fixed": "4.2.1"}], "4.2.1", False),
        ([{"introduced": "0"}, {"fixed": "4.2.2"}], "4.2.1", True),
        ([{"introduced": "0"}, {"fixed": "4.2.2"}], "4.2.10", False),
        ([{"introduced": "0"}, {"fixed": "4.2.2"}], "4.2.2rc1", True),
        ([{"introduced": "4.2.1"}, {"last_affected": "4.2.3"}], "4.2.3", True),
        ([{"introduced": "4.2.1"}, {"last_affected": "4.2.3"}], "4.2.3.post1", False),
        ([{"introduced": "5.0"}, {"fixed": "5.0.1"}], "4.2.1", False),
        ([{"fixed": "4.1"}, {"introduced": "0"}, {"introduced": "4.2"}, {"fixed": "4.2.5"}], "4.1.5", False),
        ([{"fixed": "4.1"}, {"introduced": "0"}, {"introduced": "4.2"}, {"fixed": "4.2.5"}], "4.2.1", True),
        ([{"introduced": "0"}, {"limit": "1.0"}], "4.2.1", True),
    ],
)
def test_ranges(ask, events, version, answer):
    found = ask(record(about(*events)), package=Package("django", version))
    assert bool(found) is answer


def test_listed_versions_count_too_however_they_are_written(ask):
    assert ask(record(about(versions=["4.2.1.0", "no version"])))
    assert ask(record(about(versions=["4.2"]))) == ()


def test_what_is_told_of_one(ask):
    (one,) = ask(
        record(
            about({"introduced": "0"}, {"fixed": "4.2.2"}, package="DJANGO"),
            aliases=["CVE-1"], summary="Bad.\n\nVery.", database_specific={"severity": "MODERATE"},
        )
    )  # fmt: skip
    assert (one.id, one.aliases, one.fixed, one.summary) == ("GHSA-1", ("CVE-1",), ("4.2.2",), "Bad. Very.")
    assert one.severity is Severity.MEDIUM


@pytest.mark.parametrize(
    "other",
    [
        record(about({"introduced": "0"}, package="flask")),
        record(about({"introduced": "0"}, ecosystem="npm")),
        record(about({"introduced": "0"}), withdrawn="2029-01-01T00:00:00Z"),
        {"id": "X", "modified": "2029-12-01T00:00:00Z"},
    ],
)
def test_what_is_about_something_else(ask, other):
    assert ask(other) == ()


@pytest.mark.parametrize(
    ("records", "package"),
    [
        ([], DJANGO),
        (["{"], DJANGO),
        (["[]"], DJANGO),
        ([{"id": "no time"}], DJANGO),
        ([record(about({"introduced": "0"}, package="flask")), "garbage"], DJANGO),
        (
            [record({"package": {"name": "django", "ecosystem": "PyPI"}, "ranges": [{"type": "GIT", "events": []}]})],
            DJANGO,
        ),
        ([record(about({"introduced": "one"}))], DJANGO),
        ([record(about({"introduced": "0"}))], Package("django", "dev-build")),
    ],
)
def test_what_cannot_be_told_is_no_answer(ask, records, package):
    assert isinstance(ask(*records, package=package), str)


def test_a_folder_that_is_not_there_has_no_answer(tmp_path):
    assert "holds no advisory" in asyncio.run(FolderAdvisories(tmp_path / "no").ask([DJANGO]))[DJANGO]


def test_a_zip_is_read_as_it_is_exported(tmp_path):
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("GHSA-1.json", json.dumps(record(about({"introduced": "0"}))))
    source = FolderAdvisories(tmp_path)
    assert asyncio.run(source.ask([DJANGO]))[DJANGO]
    assert source.name.endswith("newest entry of 2029-12-01")


@pytest.mark.parametrize("at", range(40, 120, 5))
def test_a_zip_with_a_spoilt_byte_is_no_answer(tmp_path, at):
    with zipfile.ZipFile(tmp_path / "all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("GHSA-1.json", json.dumps(record(about({"introduced": "0"}))))
    data = bytearray((tmp_path / "all.zip").read_bytes())
    data[at] ^= 0xFF
    (tmp_path / "all.zip").write_bytes(data)
    assert isinstance(asyncio.run(FolderAdvisories(tmp_path).ask([DJANGO]))[DJANGO], str)


def test_its_content_has_another_name_when_something_comes(tmp_path):
    source = FolderAdvisories(tmp_path)
    before = source.content()
    (tmp_path / "x.json").write_text("{}")
    assert source.content() != before
