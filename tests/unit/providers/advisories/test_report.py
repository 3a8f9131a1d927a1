"""pip-audit's report: what it says, and what it leaves out."""

import json

import pytest

from ecluse.model.package import Package
from ecluse.providers.advisories.report import UnreadableError, read

SHOP, OTHER = Package("shop", "1.0"), Package("other", "3.1")


def report(*dependencies):
    return json.dumps({"dependencies": dependencies, "fixes": []}).encode()


def test_each_package_must_be_answered_for():
    vulnerable = {"name": "Shop", "version": "1.0", "vulns": [
        {"id": "PYSEC-1", "fix_versions": ["2"], "aliases": ["CVE-1"], "description": "a\nb"}]}  # fmt: skip
    answers = read(report(vulnerable), [SHOP, OTHER])
    assert [one.id for one in answers[SHOP]] == ["PYSEC-1"]
    assert answers[OTHER] == "pip-audit doesn't mention it"


def test_what_was_skipped_is_no_pass_although_it_ends_with_success():
    skipped = {"name": "shop", "skip_reason": "Dependency not found on PyPI and could not be audited: shop (1.0)"}
    assert read(report(skipped), [SHOP])[SHOP].startswith("Dependency not found")


@pytest.mark.parametrize("printed", [b"", b"No known vulnerabilities found", b"[]", b"{}", b'{"dependencies": [{}]}'])
def test_what_is_no_report(printed):
    with pytest.raises(UnreadableError):
        read(printed, [SHOP])
