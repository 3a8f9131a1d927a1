"""The template that the package brings."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.version import Version

from ecluse.model.template import Kind
from ecluse.providers.copier.repository import TemplateRepository, notes_between

ROOT = Path(__file__).parents[4]
CHANGES = """\
# The template's versions

## 1.2.0
- better

## 1.1.0
- good, and
  long
- safe

## 1.0.0
- first
"""


@pytest.fixture
def template(tmp_path, commands):
    made = TemplateRepository(tmp_path, commands, dict(os.environ))
    asyncio.run(made.make())
    return made


@pytest.mark.once
def test_the_bundle_holds_what_the_sources_say():
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "template", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_all_versions_are_there_in_their_order(template):
    versions = asyncio.run(template.versions())
    assert versions[:2] == ("1.0.0", "1.1.0")
    assert sorted(versions, key=Version) == list(versions)


def test_every_version_has_every_kind(template):
    for version in asyncio.run(template.versions()):
        tree = subprocess.run(
            ["git", "ls-tree", "--name-only", version], cwd=template.path, capture_output=True, text=True, check=True
        ).stdout.split()
        assert set(Kind) <= set(tree)


def test_no_version_asks_to_be_trusted(template):
    """copier runs neither tasks nor migrations nor extensions of a template without `--trust`."""
    for version in asyncio.run(template.versions()):
        questions = subprocess.run(
            ["git", "cat-file", "blob", f"{version}:copier.yml"],
            cwd=template.path, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        assert not any(word in questions for word in ("_tasks", "_migrations", "_jinja_extensions", "secret"))


def test_making_it_again_changes_nothing(template):
    asyncio.run(template.make())
    assert asyncio.run(template.versions())


def test_what_newer_versions_brought_is_told_from_what_they_say():
    assert notes_between(CHANGES, "1.0.0", "1.1.0") == ("good, and long", "safe")
    assert notes_between(CHANGES, "1.0.0", "1.2.0") == ("better", "good, and long", "safe")
    assert notes_between(CHANGES, "1.2.0", "1.2.0") == ()
