"""The reference says what the code does."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from ecluse.manifest.find import find
from ecluse.manifest.members import members
from ecluse.manifest.read import read
from ecluse.model.problem import ProblemError

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[2]


def test_the_reference_is_current():
    checked = subprocess.run(
        [sys.executable, ROOT / "docs" / "generate.py", "--check"], capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stderr) == (0, "")


def test_a_code_is_used_by_one_package():
    listed = subprocess.run(
        [sys.executable, ROOT / "docs" / "problem_codes.py", ROOT / "src"], capture_output=True, text=True, check=True
    )
    places = {tuple(line.split()) for line in listed.stdout.splitlines()}
    codes = [code for code, _ in places]
    assert sorted(place for place in places if codes.count(place[0]) > 1) == []


INCOMPLETE = {"M001", "M011", "M031", "M032", "M040", "M044", "M060"}
"""What an example may lack: it shows one thing."""


def problems_of(manifest):
    try:
        if not members(find(manifest)):
            read(manifest, {})
    except ProblemError as error:
        return error.problems
    return ()


@pytest.mark.parametrize("page", sorted(ROOT.glob("docs/how-to/*.md")), ids=lambda page: page.stem)
def test_examples_of_the_manifest_are_right(page, tmp_path):
    file = tmp_path / "ecluse.toml"
    for block in re.findall(r"```toml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        file.write_text(block, encoding="utf-8")
        assert [str(problem) for problem in problems_of(file) if problem.code not in INCOMPLETE] == []


@pytest.mark.parametrize("page", sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]), ids=lambda page: page.stem)
def test_links_lead_somewhere(page):
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []
