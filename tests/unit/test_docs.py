"""The reference says what the code does."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from ecluse.catalogue.explain import as_text
from ecluse.catalogue.finding import known_codes, known_problems
from ecluse.catalogue.why import WHY
from ecluse.cli.main import COMMANDS
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


def test_every_example_of_a_command_can_be_typed():
    shown = re.findall(r"^\$ (.*)$", (ROOT / "docs" / "reference" / "cli.md").read_text(), re.MULTILINE)
    assert [line for line in shown if "ecluse " not in line or line.startswith("Example")] == []


def test_the_table_of_verbs_is_that_of_the_commands():
    rows = re.findall(r"(?m)^\| `ecluse (\w+)` \| (.*) \|$", (ROOT / "README.md").read_text())
    assert rows == list(COMMANDS.items())


@pytest.fixture(scope="module")
def catalogue():
    return known_problems(ROOT / "src")


def test_a_code_is_used_by_one_package(catalogue):
    places = {(one.code, Path(one.file).parts[:2]) for one in catalogue}
    codes = [code for code, _ in places]
    assert sorted(place for place in places if codes.count(place[0]) > 1) == []


def test_every_code_that_is_written_somewhere_is_in_the_catalogue(catalogue):
    assert sorted({one.code for one in catalogue}) == known_codes(ROOT / "src")


def test_every_code_can_be_explained(catalogue):
    for code in known_codes(ROOT / "src"):
        said = as_text(code, [one for one in catalogue if one.code == code])
        assert said.startswith(f"{code}  ")
        assert len(said.splitlines()) > 1


def test_why_is_said_of_codes_that_there_are():
    assert sorted(set(WHY) - set(known_codes(ROOT / "src"))) == []


INCOMPLETE = {"M001", "M011", "M031", "M032", "M040", "M044", "M060", "M067"}
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
