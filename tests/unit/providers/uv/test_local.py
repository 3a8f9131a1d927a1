"""Packages that lie in the tree are part of the question."""

import pytest

from ecluse.providers.uv.local import archives, members, place_of, reached, texts
from ecluse.providers.uv.sources import Kind, Question
from support.packages import write

ASKED = Question(kind=Kind.FILES, inputs=("requirements.txt",))


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("-e ./libs/core", "./libs/core"),
        ("--editable=libs/core[all]", "libs/core"),
        ("-e./libs/core", "./libs/core"),
        ("-e core  # ours", "core"),
        ("./libs/core ; python_version > '3'", "./libs/core"),
        (".", "."),
        ("core[x] @ ./my lib ; python_version > '3'", "./my lib"),
        ("core @ file:libs/core", "libs/core"),
        ("core @ file:///srv/my%20core", "/srv/my core"),
        ("core @ file:///${PROJECT_ROOT}/libs/core#egg=core", "libs/core"),
        ("./wheels/kit-1.0.whl --hash=sha256:00", "./wheels/kit-1.0.whl"),
        ("core", ""),
        ("flask[async]>=2 ; python_version > '3'", ""),
        ("core @ git+https://forge/core", ""),
        ("-e git+https://forge/core#egg=core", ""),
        ("https://forge/core.whl", ""),
        ("-r libs/core/requirements.txt", ""),
        ("--find-links ./wheels", ""),
        ("# ./libs/core", ""),
        ("", ""),
    ],
)
def test_the_path_that_a_requirement_names(line, place):
    assert place_of(line) == place


def test_folders_are_followed_to_what_they_name_themselves():
    files = {
        "requirements.txt": "-e libs/one\nflask\n",
        "libs/one/pyproject.toml": '[tool.uv.sources]\ntwo = [{path = "../two"}]\nthree = {workspace = true}\n',
        "libs/two/pyproject.toml": '[project]\ndependencies = ["four @ file:../four"]\n',
        "libs/four/pyproject.toml": '[tool.poetry.dependencies]\none = {path = "../one"}\nbroken = 1\n',
        "pyproject.toml": '[tool.uv.sources]\nfive = {path = "five"}\n',
    }
    assert set(reached(files.get, ASKED, ["libs/six"])) == {
        "libs/one", "libs/two", "libs/four", "libs/six", "five",
    }  # fmt: skip


def test_what_a_folder_says_of_its_needs_is_read_with_the_files_that_it_names():
    files = {
        "core/pyproject.toml": '[build-system]\nbuild-backend = "made.by"\nbackend-path = ["build"]\n',
        "core/build/made/by.py": "",
        "core/setup.py": "open('needs.txt')",
        "core/needs.txt": "-r more/needs.in",
        "core/more/needs.in": "flask",
        "core/requirements/base.txt": "",
        "core/core.py": "",
        "needs.txt": "",
    }
    assert set(texts(files.get, ["core"])) == set(files) - {"core/core.py", "needs.txt"}


def test_the_members_of_a_workspace(tmp_path):
    workspace = '[tool.uv.workspace]\nmembers = ["packages/*", "**bad"]\n'
    project = {"pyproject.toml": ""}
    write(tmp_path, {"pyproject.toml": workspace})
    write(tmp_path / "packages/web", project)
    write(tmp_path / "packages/core", project)
    assert members(tmp_path / "packages/web", tmp_path) == ("../..", "../core", ".")
    assert members(tmp_path / "packages/web", tmp_path / "packages") == ()


def test_an_archive_counts_by_its_content(tmp_path):
    write(tmp_path, {"kit.whl": "1", "folder/file": ""})
    before = archives(tmp_path, ["kit.whl", "folder", "gone"])
    assert list(before) == ["kit.whl"]
    write(tmp_path, {"kit.whl": "2"})
    assert archives(tmp_path, ["kit.whl"]) != before
