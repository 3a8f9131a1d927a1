"""A project that lies in a folder of the tree, with the real uv."""

import asyncio

import pytest

from ecluse.model.app import Build
from ecluse.model.problem import ProblemError
from support.packages import offline_toolchain, project, uv_lock, wheel, write

pytestmark = pytest.mark.once

WEB = Build(project="packages/web")


@pytest.fixture
def index(tmp_path):
    wheel(tmp_path / "index", "till", "1.0")
    wheel(tmp_path / "index", "till", "2.0")
    return tmp_path / "index"


@pytest.fixture
def toolchain(tmp_path, index, commands):
    return offline_toolchain(tmp_path / "home", index, commands)


@pytest.fixture
def tree(tmp_path):
    return tmp_path / "tree"


def app_wheels(toolchain, tree, build=WEB):
    return [one.name for one in asyncio.run(toolchain.wheelhouse(tree, build, servers=())).app]


def test_what_its_folder_says_is_needed_and_it_is_installed(toolchain, tree):
    write(tree / "packages/web", {**project("web", requires=["till<2"]), "setup.py": ""})
    write(tree, {"requirements.txt": "nothing-there\n"})
    assert app_wheels(toolchain, tree) == ["till-1.0-py3-none-any.whl", "web-1.0-py3-none-any.whl"]


def test_requirement_files_count_from_it_and_may_name_its_neighbours(toolchain, tree):
    write(tree / "packages/core", project("core", requires=["till<2"]))
    write(tree / "packages/web", {"requirements.txt": "-e ../core\n-r more.txt\n", "more.txt": "till\n"})
    wanted = ["core-1.0-py3-none-any.whl", "till-1.0-py3-none-any.whl"]
    assert app_wheels(toolchain, tree) == wanted
    (other := tree.parent / "other").mkdir()
    tree.rename(other / "tree")  # what was kept holds for a checkout elsewhere
    write(other / "tree/packages/core", project("core", "1.1", requires=["till<2"]))
    assert app_wheels(toolchain, other / "tree") == ["core-1.1-py3-none-any.whl", *wanted[1:]]


def test_python_is_asked_for_by_the_root_too_where_the_project_says_nothing(toolchain, tree):
    here = toolchain.interpreters()[0]
    write(tree, {".python-version": "3.99\n", "packages/web/requirements.txt": "till\n"})
    with pytest.raises(ProblemError, match=r"3\.99"):
        asyncio.run(toolchain.choose(tree, WEB))
    write(tree, {"packages/web/.python-version": f"{here.minor}\n"})
    assert asyncio.run(toolchain.choose(tree, WEB)).minor == here.minor


@pytest.fixture
def workspace(tree, index):
    """Two members, one needing the other, and the lock that uv wrote for both."""
    sources = f'[tool.uv]\nno-index = true\nfind-links = ["{index}"]\n'
    member = '[project]\nname = "{}"\nversion = "1"\nrequires-python = ">=3.9"\ndependencies = {}\n'
    core, web = project("core"), member.format("web", ["core"])
    write(tree / "packages/web", {"pyproject.toml": web + "[tool.uv.sources]\ncore = {workspace = true}\n"})
    write(
        tree / "packages/core", {**core, "pyproject.toml": core["pyproject.toml"] + member.format("core", ["till<2"])}
    )
    write(tree, {"pyproject.toml": sources + '[tool.uv.workspace]\nmembers = ["packages/*"]\n'})
    uv_lock(tree)
    return tree


def test_a_member_of_a_workspace_has_its_lock_and_its_neighbours(toolchain, workspace, index):
    wheel(index, "till", "1.5")
    assert app_wheels(toolchain, workspace) == ["core-1.0-py3-none-any.whl", "till-1.0-py3-none-any.whl"]


def test_a_member_that_asks_for_more_than_its_lock_knows_is_found(toolchain, workspace):
    app_wheels(toolchain, workspace)
    core = workspace / "packages/core/pyproject.toml"
    core.write_text(core.read_text().replace("'till<2'", "'till<2', 'idna'"))
    with pytest.raises(ProblemError, match="B010"):
        app_wheels(toolchain, workspace)


CORE = '[tool.uv.sources]\ncore = {path = "../core"}\n'
WEB_PROJECT = '[project]\nname = "web"\nversion = "1"\ndependencies = ["core"]\n'


@pytest.mark.parametrize(
    "files",
    [{"requirements.txt": "-e ../core\n"}, {"pyproject.toml": WEB_PROJECT + CORE}],
    ids=["requirements", "sources"],
)
def test_what_a_neighbour_asks_for_later_is_installed(toolchain, tree, files):
    write(tree / "packages/web", files)
    write(tree / "packages/core", project("core"))
    assert app_wheels(toolchain, tree) == ["core-1.0-py3-none-any.whl"]
    write(tree / "packages/core", project("core", requires=["till"]))
    assert app_wheels(toolchain, tree) == ["core-1.0-py3-none-any.whl", "till-2.0-py3-none-any.whl"]


def test_an_archive_that_is_replaced_is_installed(toolchain, tree):
    write(tree / "packages/web", {"requirements.txt": "./kit-1.0-py3-none-any.whl\n"})
    wheel(tree / "packages/web", "kit")
    assert app_wheels(toolchain, tree) == ["kit-1.0-py3-none-any.whl"]
    wheel(tree / "packages/web", "kit", requires=["till"])
    assert app_wheels(toolchain, tree) == ["kit-1.0-py3-none-any.whl", "till-2.0-py3-none-any.whl"]
