"""Where a repository says what it needs."""

import pytest

from ecluse.model.app import Build
from ecluse.model.problem import ProblemError
from ecluse.providers.uv.sources import Kind, builds_project, hashes_in, kind_of, question, reads, requirement_chain

PROJECT = '[project]\nname = "app"\nversion = "1"\ndependencies = ["flask"]\n'
BARE = '[project]\nname = "app"\nversion = "1"\n'
DYNAMIC = '[project]\nname = "app"\nversion = "1"\ndynamic = ["dependencies"]\n'
POETRY = '[tool.poetry.dependencies]\nflask = "*"\n'
BUILT = "[build-system]\nrequires = []\n"


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        ({}, Kind.NOTHING),
        ({"requirements.txt": ""}, Kind.FILES),
        ({"requirements/base.txt": ""}, Kind.FILES),
        ({"pyproject.toml": PROJECT, "requirements.txt": ""}, Kind.PROJECT),
        ({"pyproject.toml": BARE, "requirements.txt": ""}, Kind.FILES),
        ({"pyproject.toml": BARE}, Kind.PROJECT),
        ({"pyproject.toml": DYNAMIC + BUILT, "requirements.txt": ""}, Kind.METADATA),
        ({"pyproject.toml": POETRY}, Kind.POETRY),
        ({"pyproject.toml": POETRY, "poetry.lock": ""}, Kind.POETRY_LOCK),
        ({"pyproject.toml": PROJECT, "uv.lock": ""}, Kind.UV_LOCK),
        ({"pyproject.toml": PROJECT, "pdm.lock": ""}, Kind.PDM_LOCK),
        ({"Pipfile": "", "Pipfile.lock": "{}"}, Kind.PIPFILE_LOCK),
        ({"Pipfile": ""}, Kind.PIPFILE),
        ({"setup.py": ""}, Kind.METADATA),
        ({"setup.py": "install_requires", "requirements.txt": ""}, Kind.METADATA),
        ({"setup.py": "", "setup.cfg": "install_requires", "requirements.txt": ""}, Kind.METADATA),
        ({"setup.py": "", "requirements.txt": ""}, Kind.FILES),
        ({"pyproject.toml": "not TOML [", "requirements.txt": ""}, Kind.FILES),
    ],
)
def test_which_files_decide(files, kind):
    assert kind_of(files.get, Build()) is kind


def test_the_manifest_s_files_come_before_any_lock():
    assert kind_of({"uv.lock": ""}.get, Build(requirements=("needs.txt",))) is Kind.FILES


@pytest.mark.parametrize(
    ("files", "builds"),
    [
        ({}, False),
        ({"pyproject.toml": PROJECT}, False),
        ({"pyproject.toml": PROJECT + BUILT}, True),
        ({"pyproject.toml": BUILT}, False),
        ({"pyproject.toml": BUILT, "setup.cfg": ""}, True),
        ({"pyproject.toml": POETRY + BUILT}, True),
        ({"setup.py": ""}, True),
        ({"pyproject.toml": PROJECT + BUILT + "[tool.uv]\npackage = false\n"}, False),
        ({"pyproject.toml": POETRY + BUILT + "[tool.poetry]\npackage-mode = false\n"}, False),
    ],
)
def test_whether_the_repository_is_a_package(files, builds):
    assert builds_project(files.get) is builds


def test_included_files_are_found_from_where_they_are_included():
    files = {
        "requirements.txt": "-r requirements/base.txt\n--constraint=limits.txt\nflask\n",
        "requirements/base.txt": "-r ../requirements.txt\n-rmore.txt\n-r gone.txt\n",
        "requirements/more.txt": "",
        "limits.txt": "",
    }
    assert set(requirement_chain(files.get, "requirements.txt")) == set(files)


def test_a_file_above_the_project_includes_its_neighbours():
    files = {"../../more/base.txt": "-r two.txt", "../../more/two.txt": "-r ../../three.txt", "../../../three.txt": ""}
    assert set(requirement_chain(files.get, "../../more/base.txt")) == set(files)


def test_everything_that_can_change_the_answer_is_read():
    files = {"requirements.txt": "-r more.txt", "more.txt": "flask", "setup.py": "", "README.md": ""}
    asked = question(files.get, Build(), "3.12.1", tests=False)
    assert set(reads(files.get, asked)) == {"requirements.txt", "more.txt", "setup.py"}


def test_hashes_are_read_over_continued_lines():
    text = f"Some_Name==1 \\\n    --hash=sha256:{'a' * 64} \\\n    --hash=sha256:{'b' * 64}\nother==1\n"
    assert hashes_in([text]) == {"some-name": frozenset({"a" * 64, "b" * 64})}


def test_hashed_files_are_exact_until_something_is_added():
    files = {"requirements.txt": f"one==1 --hash=sha256:{'a' * 64}"}
    assert question(files.get, Build(), "3.12.1", tests=False).exact
    assert not question(files.get, Build(add=("two",)), "3.12.1", tests=False).exact


def test_tests_bring_files_and_plain_requirements():
    files = {"requirements.txt": "", "dev.txt": ""}
    build = Build(test_requirements=("dev.txt", "pytest>=8"))
    asked = question(files.get, build, "3.12.1", tests=True)
    assert (asked.inputs, asked.lines) == (("requirements.txt", "dev.txt"), ("pytest>=8",))
    assert question(files.get, build, "3.12.1", tests=False).inputs == ("requirements.txt",)


UNREADABLE = [
    ("poetry.lock", "not TOML ["),
    ("poetry.lock", 'package = "none"'),
    ("poetry.lock", '[[package]]\nversion = "1"\n'),
    ("poetry.lock", '[[package]]\nname = "old"\nversion = "2004b-legacy"\n'),
    ("pdm.lock", '[[package]]\nname = "old"\n'),
    ("Pipfile.lock", "<<<<<<< HEAD\n{}"),
    ("Pipfile.lock", "[]"),
    ("Pipfile.lock", '{"default": []}'),
    ("Pipfile.lock", '{"default": {"flask": 1}}'),
]


@pytest.mark.parametrize(("lock", "text"), UNREADABLE)
def test_a_lock_that_can_t_be_read_is_made_anew(lock, text):
    files = {"pyproject.toml": POETRY, "Pipfile": "", lock: text}
    with pytest.raises(ProblemError) as caught:
        question(files.get, Build(), "3.12.1", tests=False)
    problem = caught.value.problems[0]
    assert (problem.code, str(problem.where)) == ("B010", lock)
    question(files.get, Build(locked=False), "3.12.1", tests=False)


def test_pipenv_s_test_packages_are_a_group():
    files = {"Pipfile": '[packages]\nflask = "*"\n[dev-packages]\npytest = "*"\n'}
    build = Build(test_groups=("dev-packages",))
    assert question(files.get, build, "3.12.1", tests=True).lines == ("flask", "pytest")


def test_groups_in_anybody_s_tables_are_found():
    tables = '[dependency-groups]\nlint = ["ruff"]\n[tool.poetry.group.test.dependencies]\npytest = ">=8"\n'
    asked = question({"pyproject.toml": PROJECT + tables}.get, Build(groups=("lint", "test")), "3.12.1", tests=False)
    assert (asked.groups, asked.lines) == (("lint",), ("pytest>=8",))
    asked = question({"pyproject.toml": DYNAMIC + tables}.get, Build(groups=("lint", "test")), "3.12.1", tests=False)
    assert (asked.groups, asked.lines) == ((), ("ruff", "pytest>=8"))
