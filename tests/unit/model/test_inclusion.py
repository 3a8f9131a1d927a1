"""One requirement file in another."""

import pytest

from ecluse.model.inclusion import included


@pytest.mark.parametrize(
    "line",
    ["-r base.txt", "-rbase.txt", "  -r  base.txt # ours", "-r=base.txt", "--requirement base.txt",
     "--requirement=base.txt", "-r 'base.txt'", '-r"base.txt"', "-r base.txt#ours"],
)  # fmt: skip
def test_a_file_is_included(line):
    assert included(line, constraints=False) == "base.txt"


@pytest.mark.parametrize("line", ["-c base.txt", "-cbase.txt", "--constraint=base.txt"])
def test_constraints_are_included_where_they_count(line):
    assert included(line, constraints=True) == "base.txt"
    assert included(line, constraints=False) == ""


@pytest.mark.parametrize("line", ["", "requests", "# -r base.txt", "--requirementbase.txt", "-r", "--require-hashes"])
def test_other_lines_include_nothing(line):
    assert included(line, constraints=True) == ""
