"""A kept result as a document: whole, or no result at all."""

import hashlib
import json

import pytest

from ecluse.loop.test.cache.entry import CacheEntry, KeptFile, from_document, to_document

DIGESTS = [f"sha256:{number:064}" for number in range(4)]
ENTRY = CacheEntry(
    step="build",
    parts={"command": "make"},
    commit="c" * 40,
    at="2026-01-02T03:04:05+00:00",
    seconds=1.5,
    evidence=("7 tests",),
    covered=81.5,
    known=("a.b",),
    outputs=(KeptFile(path="dist/a", mode=0o755, digest=DIGESTS[1], size=3), KeptFile(path="dist/b", target="a")),
    folders=("dist",),
    papers=(KeptFile(path="build.log", digest=DIGESTS[2], size=9),),
)


def signed(fields):
    body = json.dumps(fields).encode()
    return hashlib.sha256(body).hexdigest().encode() + b"\n" + body


def test_it_comes_back_as_it_was():
    assert from_document(to_document(ENTRY)) == ENTRY


def test_a_document_cut_anywhere_is_none():
    document = to_document(ENTRY)
    assert not any(from_document(document[:length]) for length in range(len(document)))


def test_a_document_changed_anywhere_is_none():
    document = to_document(ENTRY)
    for place in range(0, len(document), 7):
        changed = bytearray(document)
        changed[place] ^= 1
        assert from_document(bytes(changed)) is None


@pytest.mark.parametrize("fields", [[], {}, {"step": "build"}, 7, {**json.loads(to_document(ENTRY)[65:]), "more": 1}])
def test_another_format_is_none(fields):
    assert from_document(signed(fields)) is None


@pytest.mark.parametrize("path", ["../a", "/etc/passwd", "dist/../../a", "", "dist/b/c"])
def test_an_output_that_leads_elsewhere_makes_it_none(path):
    fields = json.loads(to_document(ENTRY)[65:])
    fields["outputs"].append({"path": path, "mode": 420, "digest": DIGESTS[3], "size": 1, "target": ""})
    assert from_document(signed(fields)) is None


@pytest.mark.parametrize(
    "paper",
    [{"path": "x", "target": "/etc"}, {"path": "x/evil.pth", "digest": DIGESTS[3]}, {"path": "../x", "digest": "s"}],
)
def test_a_paper_is_a_file_with_a_plain_name(paper):
    fields = json.loads(to_document(ENTRY)[65:])
    fields["papers"].append(paper)
    assert from_document(signed(fields)) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"step": 7}, {"at": None}, {"commit": 7}, {"seconds": "1"}, {"covered": "81"}, {"evidence": [7]},
        {"parts": {"a": 7}}, {"parts": ["command"]},
        {"folders": [7]}, {"folders": ["a/b"]}, {"folders": ["a\0"]}, {"folders": ["dist", "dist/b"]},
        *({"outputs": [{"path": "a", "digest": DIGESTS[3], "size": 1, **file}]} for file in (
            {"path": 7}, {"path": "a\0"}, {"digest": "3"}, {"digest": 3}, {"mode": "x"}, {"mode": 1 << 40},
            {"size": "1"}, {"digest": "", "target": 7}, {"digest": "", "target": ""}, {"digest": "", "target": "a\0"},
            {"path": "b/a"},
        )),
    ],
)  # fmt: skip
def test_a_value_of_another_kind_makes_it_none(wrong):
    assert from_document(signed({**json.loads(to_document(ENTRY)[65:]), **wrong})) is None


def test_a_document_nested_beyond_reading_is_none():
    body = b"[" * 100_000
    assert from_document(hashlib.sha256(body).hexdigest().encode() + b"\n" + body) is None


def test_two_outputs_of_one_path_make_it_none():
    fields = json.loads(to_document(ENTRY)[65:])
    fields["outputs"].append(fields["outputs"][0])
    assert from_document(signed(fields)) is None


def test_everything_that_has_to_be_there_is_named():
    assert ENTRY.files == ((DIGESTS[1], 3), (DIGESTS[2], 9))
