"""The whole toolchain with the real uv, on packages of a folder."""

import asyncio
import functools
import json
import os
import shutil
import subprocess
import threading
import time
from contextlib import suppress
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ecluse.model.app import Build
from ecluse.model.problem import ProblemError
from ecluse.providers.uv.environments import COMPLETE, KEPT
from ecluse.providers.uv.toolchain import UvToolchain
from ecluse.system.python import ask
from ecluse.system.store import FolderStore
from support.packages import digest, offline_toolchain, project, sdist, uv_lock, wheel, write
from support.repositories import repository

pytestmark = pytest.mark.once


@pytest.fixture
def index(tmp_path):
    folder = tmp_path / "index"
    wheel(folder, "shop", "1.0", requires=["till>=1"])
    wheel(folder, "till", "1.0")
    wheel(folder, "till", "2.0")
    wheel(folder, "checker", "3.0", requires=["till<2"])
    return folder


@pytest.fixture
def toolchain(tmp_path, index, commands):
    return offline_toolchain(tmp_path / "home", index, commands)


@pytest.fixture
def tree(tmp_path):
    return tmp_path / "tree"


def environment(toolchain, tree, build=None, *, tests=False, identity="", say=lambda _: None):
    return asyncio.run(toolchain.environment(tree, build or Build(), tests=tests, identity=identity, say=say))


def wheelhouse(toolchain, tree, build=None, servers=()):
    return asyncio.run(toolchain.wheelhouse(tree, build or Build(), servers=servers))


def printed(environment, code):
    done = subprocess.run([environment / "bin" / "python", "-c", code], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def names(wheels):
    return [one.name for one in wheels]


def refused(call, *arguments, **more):
    with pytest.raises(ProblemError) as caught:
        call(*arguments, **more)
    return caught.value.problems[0]


def test_an_environment_holds_what_the_requirements_reach(toolchain, tree):
    write(tree, {"requirements.txt": "shop\n"})
    made = environment(toolchain, tree)
    assert printed(made, "import shop, till; print(shop.VERSION, till.VERSION)") == "1.0 2.0"


def test_asked_again_the_same_environment_is_there_at_once(toolchain, tree):
    write(tree, {"requirements.txt": "shop\n"})
    first = environment(toolchain, tree, identity="c1")
    said = []
    began = time.perf_counter()
    assert environment(toolchain, tree, identity="c1", say=said.append) == first
    assert time.perf_counter() - began < 1
    assert said == []


def test_a_tree_that_changes_gets_another_environment(toolchain, tree):
    write(tree, {"requirements.txt": "till<2\n"})
    first = environment(toolchain, tree)
    write(tree, {"requirements.txt": "till\n"})
    second = environment(toolchain, tree)
    assert printed(first, "import till; print(till.VERSION)") == "1.0"
    assert printed(second, "import till; print(till.VERSION)") == "2.0"


def test_an_unfinished_environment_is_made_anew(toolchain, tree):
    write(tree, {"requirements.txt": "shop\n"})
    first = environment(toolchain, tree)
    (first / "ecluse.json").unlink()
    (first / "half").touch()
    assert environment(toolchain, tree) == first
    assert not (first / "half").exists()


def test_an_environment_without_its_python_is_made_anew(toolchain, tree):
    """Else what comes next on the PATH would run instead, and nobody would see."""
    write(tree, {"requirements.txt": "shop\n"})
    first = environment(toolchain, tree, identity="c1")
    (first / "bin" / "python").unlink()
    (first / "bin" / "python").symlink_to("/nowhere/python3")
    assert environment(toolchain, tree, identity="c1") == first
    assert printed(first, "import shop; print(shop.VERSION)") == "1.0"


def test_two_at_once_share_one_environment(toolchain, tree):
    write(tree, {"requirements.txt": "shop\n"})

    async def both():
        one, other = (toolchain.environment(tree, Build(), tests=False) for _ in range(2))
        return await asyncio.gather(one, other)

    one, other = asyncio.run(both())
    assert one == other
    assert printed(one, "import shop; print('there')") == "there"


def test_what_ships_is_what_was_tested(toolchain, tree):
    write(tree, {"requirements.txt": "shop\n"})
    build = Build(test_requirements=("checker",))
    assert printed(environment(toolchain, tree, build, tests=True), "import till; print(till.VERSION)") == "1.0"
    assert names(wheelhouse(toolchain, tree, build).app) == ["shop-1.0-py3-none-any.whl", "till-1.0-py3-none-any.whl"]


def test_tests_that_fit_no_version_don_t_keep_the_app_from_being_built(toolchain, tree):
    write(tree, {"requirements.txt": "till>=2\n"})
    build = Build(test_requirements=("checker",))
    assert refused(environment, toolchain, tree, build, tests=True).code == "B012"
    assert names(wheelhouse(toolchain, tree, build).app) == ["till-2.0-py3-none-any.whl"]


def test_a_file_of_test_requirements_is_read(toolchain, tree):
    write(tree, {"requirements.txt": "till\n", "tests/needs.txt": "-r more.txt\n", "tests/more.txt": "checker\n"})
    made = environment(toolchain, tree, Build(test_requirements=("tests/needs.txt",)), tests=True)
    assert printed(made, "import checker; print(checker.VERSION)") == "3.0"


def test_extras_groups_and_additions_of_a_project_are_honoured(toolchain, tree, index):
    wheel(index, "driver")
    wheel(index, "extra")
    pyproject = """
        [project]
        name = "app"
        version = "1"
        dependencies = ["till"]
        [project.optional-dependencies]
        more = ["extra"]
        [dependency-groups]
        test = ["checker"]
        """
    write(tree, {"pyproject.toml": pyproject})
    build = Build(extras=("more",), add=("driver",), test_groups=("test",))
    assert names(wheelhouse(toolchain, tree, build).app) == [
        "driver-1.0-py3-none-any.whl",
        "extra-1.0-py3-none-any.whl",
        "till-1.0-py3-none-any.whl",
    ]
    made = environment(toolchain, tree, build, tests=True)
    assert printed(made, "import checker, driver, extra; print('all')") == "all"


def test_the_project_itself_is_installed_and_says_what_it_needs(toolchain, tree):
    write(tree, project("app", requires=["till", 'checker; extra == "test"'], code="import till\nNAME = 'app'\n"))
    write(tree, {"setup.py": "install_requires"})
    made = environment(toolchain, tree)
    assert printed(made, "import app; print(app.NAME, app.__file__)").startswith(f"app {made}")
    assert printed(environment(toolchain, tree, Build(test_extras=("test",)), tests=True), "import checker") == ""


def test_a_project_that_is_not_to_be_installed_isn_t(toolchain, tree):
    write(tree, {**project("app"), "requirements.txt": "till\n", "setup.cfg": ""})
    house = wheelhouse(toolchain, tree, Build(install_project=False, requirements=("requirements.txt",)))
    assert names(house.app) == ["till-2.0-py3-none-any.whl"]


def test_building_leaves_the_tree_as_it_was(toolchain, tree):
    write(tree, {**project("app"), "setup.py": ""})
    before = sorted(path.name for path in tree.iterdir())
    environment(toolchain, tree)
    assert sorted(path.name for path in tree.iterdir()) == before


def test_a_source_distribution_is_built_once_and_said_to_be(toolchain, tree, index):
    sdist(index, "raw")
    write(tree, {"requirements.txt": "raw\n"})
    said = []
    environment(toolchain, tree, say=said.append)
    house = wheelhouse(toolchain, tree)
    assert [(one.name, one.built) for one in house.app] == [("raw-1.0-py3-none-any.whl", True)]
    assert said.count("building raw-1.0.tar.gz") == 1


def test_a_wheelhouse_names_its_place_and_is_the_same_twice(toolchain, tree):
    write(tree, {"requirements.txt": "shop\n"})
    house = wheelhouse(toolchain, tree, Build(python="3.11"))
    assert (house.python, house.machine, house.libc) == ("3.11", os.uname().machine, "glibc")
    assert names([house.pip]) == ["pip-99.0-py3-none-any.whl"]
    assert wheelhouse(toolchain, tree, Build(python="3.11")) == house


def test_the_server_is_locked_apart_from_the_app(toolchain, tree, index):
    write(tree, {"requirements.txt": "till<2\n"})
    pinned = f"till==2.0 \\\n    --hash=sha256:{digest(index / 'till-2.0-py3-none-any.whl')}\n"
    house = wheelhouse(toolchain, tree, servers=(pinned,))
    assert names(house.app) == ["till-1.0-py3-none-any.whl"]
    assert names(house.server) == ["till-2.0-py3-none-any.whl"]


def test_requirements_that_contradict_each_other_quote_the_resolver(toolchain, tree):
    write(tree, {"requirements.txt": "checker\ntill>=2\n"})
    problem = refused(environment, toolchain, tree)
    assert problem.code == "B012"
    assert any("till" in line for line in problem.evidence)


def test_a_package_that_isn_t_there_is_named(toolchain, tree):
    write(tree, {"requirements.txt": "nowhere-to-be-found\n"})
    problem = refused(environment, toolchain, tree)
    assert problem.code == "B012"
    assert any("nowhere-to-be-found" in line for line in problem.evidence)


def test_a_missing_requirement_file_is_named(toolchain, tree):
    write(tree, {"app.py": ""})
    problem = refused(environment, toolchain, tree, Build(requirements=("needs.txt",)))
    assert (problem.code, "needs.txt" in problem.what) == ("B015", True)


def test_a_source_distribution_that_doesn_t_build_quotes_its_build(toolchain, tree, index, tmp_path):
    sdist(index, "broken", fails="raise SystemExit('no compiler here')")
    write(tree, {"requirements.txt": "broken\n"})
    problem = refused(environment, toolchain, tree)
    assert problem.code == "B021"
    assert any("no compiler here" in line for line in problem.evidence)
    assert list((tmp_path / "home" / "tmp").iterdir()) == []


def test_a_project_that_doesn_t_build_says_how_to_go_without(toolchain, tree):
    write(tree, {**project("app", fails="raise SystemExit('no tags')"), "setup.py": ""})
    problem = refused(environment, toolchain, tree)
    assert (problem.code, "install_project = false" in problem.fix) == ("B020", True)


def test_a_file_that_the_hashes_don_t_vouch_for_is_refused(toolchain, tree, tmp_path):
    write(tree, {"requirements.txt": f"till==1.0 --hash=sha256:{'0' * 64}\n"})
    assert refused(environment, toolchain, tree).code == "B011"
    assert not list((tmp_path / "home").glob("envs/*/ecluse.json"))


def test_hashed_requirements_are_taken_as_they_are(toolchain, tree, index):
    pinned = f"shop==1.0 --hash=sha256:{digest(index / 'shop-1.0-py3-none-any.whl')}\n"
    write(tree, {"requirements.txt": pinned})
    assert names(wheelhouse(toolchain, tree).app) == ["shop-1.0-py3-none-any.whl"]


def test_no_interpreter_fits(toolchain, tree):
    write(tree, {"pyproject.toml": '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.99"\n'})
    problem = refused(environment, toolchain, tree)
    assert problem.code == "B001"
    assert str(problem.where) == "pyproject.toml:4"
    assert "3.99" in problem.fix


def test_nothing_asked_for_is_an_empty_environment(toolchain, tree):
    write(tree, {"app.py": "print('hello')\n"})
    assert printed(environment(toolchain, tree), "print('runs')") == "runs"


POETRY = """
[tool.poetry]
name = "app"
version = "1"
package-mode = false
[tool.poetry.dependencies]
python = ">=3.9"
shop = "^1.0"
[tool.poetry.group.test.dependencies]
checker = "*"
"""


def locked(index, *versions):
    """The packages of a poetry.lock."""
    entries = []
    for name, version in versions:
        file = f"{name}-{version}-py3-none-any.whl"
        entries.append(
            f'[[package]]\nname = "{name}"\nversion = "{version}"\npython-versions = ">=3.8"\n'
            f'files = [{{file = "{file}", hash = "sha256:{digest(index / file)}"}}]\n'
        )
    return "".join(entries) + '[metadata]\nlock-version = "2.1"\n'


def test_poetry_s_lock_decides_the_versions(toolchain, tree, index):
    lock = locked(index, ("shop", "1.0"), ("till", "1.0"), ("checker", "3.0"))
    write(tree, {"pyproject.toml": POETRY, "poetry.lock": lock})
    assert names(wheelhouse(toolchain, tree).app) == ["shop-1.0-py3-none-any.whl", "till-1.0-py3-none-any.whl"]
    made = environment(toolchain, tree, Build(test_groups=("test",)), tests=True)
    assert printed(made, "import checker; print(checker.VERSION)") == "3.0"


def test_a_poetry_lock_without_what_is_asked_for_doesn_t_match(toolchain, tree, index):
    write(tree, {"pyproject.toml": POETRY, "poetry.lock": locked(index, ("till", "1.0"))})
    problem = refused(environment, toolchain, tree)
    assert (problem.code, str(problem.where)) == ("B010", "poetry.lock")
    assert problem.evidence == ("asked for, not in the lock: shop",)


def test_a_poetry_lock_with_another_version_than_asked_for_doesn_t_match(toolchain, tree, index):
    wheel(index, "shop", "2.0")
    write(tree, {"pyproject.toml": POETRY, "poetry.lock": locked(index, ("shop", "2.0"), ("till", "1.0"))})
    assert refused(environment, toolchain, tree).code == "B010"


BY_PATH = """
[tool.poetry.dependencies]
python = ">=3.9"
shared = {path = "../shared", develop = true}
"""
STANDARD = '[project]\nname = "web"\nversion = "1"\ndependencies = ["shared"]\n'
LOCKED_BY_PATH = """
[[package]]
name = "shared"
version = "1.0"
files = []
[package.source]
type = "directory"
url = "../shared"
"""


@pytest.mark.parametrize(
    "files",
    [
        {"pyproject.toml": BY_PATH, "poetry.lock": LOCKED_BY_PATH},
        {"pyproject.toml": STANDARD + BY_PATH, "poetry.lock": LOCKED_BY_PATH},
        {"pyproject.toml": BY_PATH},
        {"pyproject.toml": STANDARD + BY_PATH},
        {"Pipfile": '[packages]\nshared = {path = "../shared"}\n'},
    ],
    ids=["locked", "standard, locked", "ranges", "standard", "pipenv"],
)
def test_a_package_by_path_is_never_that_of_the_index(toolchain, tree, index, files):
    wheel(index, "shared", "1.0")
    write(tree / "web", files)
    write(tree / "shared", project("shared", requires=["till"]))
    house = wheelhouse(toolchain, tree, Build(project="web"))
    assert ("shared-1.0-py3-none-any.whl", True) in [(one.name, one.built) for one in house.app]
    assert not list((tree / "shared").glob("*.egg-info"))
    shutil.rmtree(tree / "shared")
    write(tree / "web", {"setup.cfg": "# changed\n"})
    problem = refused(wheelhouse, toolchain, tree, Build(project="web"))
    assert "Distribution not found" in problem.evidence[-1]


def test_a_package_by_path_is_that_for_what_a_build_says_that_it_needs(toolchain, tree, index):
    wheel(index, "shared", "1.0")
    dynamic = '[project]\nname = "app"\nversion = "1"\ndynamic = ["dependencies"]\n'
    files = project("app", requires=["shared"])
    source = '[tool.uv.sources]\nshared = {path = "shared"}\n'
    write(tree, {**files, "pyproject.toml": dynamic + files["pyproject.toml"] + source})
    write(tree / "shared", project("shared"))
    house = wheelhouse(toolchain, tree)
    assert [(one.name, one.built) for one in house.app][-1] == ("shared-1.0-py3-none-any.whl", True)


def test_a_poetry_lock_knows_a_package_out_of_git(toolchain, tree, tmp_path):
    commit, fork = repository(tmp_path / "fork", project("fork"))
    entry = f'type = "git"\nurl = "file://{fork}"\nreference = "main"\nresolved_reference = "{commit}"\n'
    lock = f'[[package]]\nname = "fork"\nversion = "1.0"\nfiles = []\n[package.source]\n{entry}'
    asked = f'[tool.poetry.dependencies]\nfork = {{git = "file://{fork}"}}\n'
    write(tree, {"pyproject.toml": asked, "poetry.lock": lock})
    assert names(wheelhouse(toolchain, tree).app) == ["fork-1.0-py3-none-any.whl"]


def test_pipenv_s_lock_is_installed_as_it_is(toolchain, tree, index):
    hashed = {"version": "==1.0", "hashes": [f"sha256:{digest(index / 'till-1.0-py3-none-any.whl')}"]}
    lock = json.dumps({"default": {"till": hashed}, "develop": {}})
    write(tree, {"Pipfile": '[packages]\ntill = "*"\n', "Pipfile.lock": lock})
    assert names(wheelhouse(toolchain, tree).app) == ["till-1.0-py3-none-any.whl"]
    write(tree, {"Pipfile": '[packages]\ntill = "*"\nshop = "*"\n'})
    assert refused(environment, toolchain, tree).code == "B010"


@pytest.fixture
def uv_locked(tree, index):
    """A project with a uv.lock that uv wrote."""
    pyproject = (
        '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.9"\ndependencies = ["till<2"]\n'
        '[dependency-groups]\ndev = ["checker"]\n'
        f'[tool.uv]\nno-index = true\nfind-links = ["{index}"]\n'
    )
    write(tree, {"pyproject.toml": pyproject})
    uv_lock(tree)
    return tree


def test_uv_s_lock_decides_the_versions(toolchain, uv_locked, index):
    wheel(index, "till", "1.5")
    assert names(wheelhouse(toolchain, uv_locked).app) == ["till-1.0-py3-none-any.whl"]
    made = environment(toolchain, uv_locked, Build(test_groups=("dev",)), tests=True)
    assert printed(made, "import checker; print(checker.VERSION)") == "3.0"


def test_a_uv_lock_that_is_behind_its_project_doesn_t_match(toolchain, uv_locked):
    project_file = uv_locked / "pyproject.toml"
    project_file.write_text(project_file.read_text().replace('"till<2"', '"till<2", "shop"'))
    problem = refused(environment, toolchain, uv_locked)
    assert (problem.code, str(problem.where)) == ("B010", "uv.lock")
    assert "uv lock" in problem.fix


def test_an_index_that_can_t_be_reached_changes_nothing(tmp_path, index, commands, tree):
    home = tmp_path / "home"
    toolchain = offline_toolchain(
        home,
        index,
        commands,
        UV_NO_INDEX="",
        UV_OFFLINE="",
        UV_HTTP_RETRIES="0",
        UV_DEFAULT_INDEX="http://127.0.0.1:9/simple",
    )
    write(tree, {"requirements.txt": "nowhere-to-be-found\n"})
    problem = refused(environment, toolchain, tree)
    assert (problem.code, problem.what.split()[0]) == ("B018", "127.0.0.1:9")
    assert "network" in problem.fix
    assert not (home / "envs").exists()


def test_a_copy_of_the_project_beside_it_is_not_its_dependency(toolchain, tree):
    files = project("app", requires=["till"])
    write(tree, {**files, "setup.py": "", "requirements.txt": "-e .\nshop\n"})
    build = Build(requirements=("requirements.txt",))
    assert names(wheelhouse(toolchain, tree, build).app) == [
        "app-1.0-py3-none-any.whl", "shop-1.0-py3-none-any.whl", "till-2.0-py3-none-any.whl",
    ]  # fmt: skip


def test_a_package_in_a_folder_of_the_tree_is_built_from_it(toolchain, tree):
    write(tree / "lib", project("library", requires=["till"]))
    write(tree, {"requirements.txt": "./lib\n"})
    house = wheelhouse(toolchain, tree)
    assert [(one.name, one.built) for one in house.app] == [
        ("library-1.0-py3-none-any.whl", True), ("till-2.0-py3-none-any.whl", False),
    ]  # fmt: skip


def test_options_without_a_space_are_read_as_pip_reads_them(toolchain, tree):
    write(tree / "lib", project("library"))
    write(tree, {"requirements.txt": "-rmore/base.txt\n-e./lib\n", "more/base.txt": "till\n-cmost.txt\n"})
    write(tree, {"more/most.txt": "till<2\n"})
    wanted = ["library-1.0-py3-none-any.whl", "till-1.0-py3-none-any.whl"]
    assert names(wheelhouse(toolchain, tree).app) == wanted
    write(tree, {"more/most.txt": "till<3\n"})
    assert names(wheelhouse(toolchain, tree).app)[1:] == ["till-2.0-py3-none-any.whl"]


@pytest.mark.parametrize("file", ["kit-1.0-py3-none-any.whl", "kit-1.0.tar.gz"])
def test_an_archive_that_lies_in_the_tree_is_installed_from_it(toolchain, tree, tmp_path, file):
    (wheel if file.endswith("whl") else sdist)(tree / "archives", "kit")
    write(tree, {"requirements.txt": f"./archives/{file}\n"})
    assert names(wheelhouse(toolchain, tree).app) == ["kit-1.0-py3-none-any.whl"]
    tree.rename(tmp_path / "elsewhere")
    shutil.rmtree(tmp_path / "home" / "store")
    assert names(wheelhouse(toolchain, tmp_path / "elsewhere").app) == ["kit-1.0-py3-none-any.whl"]


@pytest.mark.parametrize("free", [True, False])
def test_a_full_disk_is_a_problem(tmp_path, index, commands, tree, free):
    """`free`: there is some room, but not enough."""
    full = tmp_path / "home"
    full.mkdir()
    toolchain = offline_toolchain(full, index, commands)
    write(tree, {"requirements.txt": "shop\n"})
    if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", full], check=False).returncode:
        pytest.skip("no right to mount a small file system")
    try:
        if not free:
            with suppress(OSError), (full / "filler").open("wb", buffering=0) as filler:
                while filler.write(bytes(4096)):
                    pass
        problem = refused(environment, toolchain, tree)
        assert problem.code in {"B030", "S010"}
        assert not list(full.glob("envs/*/*"))
    finally:
        subprocess.run(["umount", full], check=True)


def test_an_environment_that_can_t_be_filled_is_not_left_half_made(toolchain, tree, index, tmp_path):
    (index / "torn-1.0-py3-none-any.whl").write_bytes((index / "shop-1.0-py3-none-any.whl").read_bytes()[:-50])
    pinned = f"torn==1.0 --hash=sha256:{digest(index / 'torn-1.0-py3-none-any.whl')}\n"
    write(tree, {"requirements.txt": pinned})
    assert refused(environment, toolchain, tree).code in {"B012", "B013", "B022"}
    assert not [path for path in tmp_path.glob("home/envs/*") if path.is_dir()]


def test_a_package_out_of_git_is_built_from_its_commit(toolchain, tree, tmp_path):
    _, fork = repository(tmp_path / "fork", project("fork", requires=["till"]))
    write(tree, {"requirements.txt": f"fork @ git+file://{fork}\n"})
    house = wheelhouse(toolchain, tree)
    assert [(one.name, one.built) for one in house.app] == [
        ("fork-1.0-py3-none-any.whl", True), ("till-2.0-py3-none-any.whl", False),
    ]  # fmt: skip


def test_what_a_killed_run_left_is_cleared(toolchain, tree, tmp_path):
    gone = subprocess.Popen(["true"])
    gone.wait()
    left = tmp_path / "home" / "tmp" / f"{gone.pid}-build-x"
    ours = tmp_path / "home" / "tmp" / f"{os.getpid()}-build-y"
    write(left, {"half": ""})
    write(ours, {"half": ""})
    write(tree, {"requirements.txt": "till\n"})
    environment(toolchain, tree)
    assert not left.exists()
    assert ours.exists()


def test_the_environments_that_were_used_last_are_kept(toolchain, tree, tmp_path):
    older = [write(tmp_path / "home" / "envs" / f"env{number}", {COMPLETE: "{}"}) for number in range(KEPT)]
    for when, folder in enumerate(older):
        os.utime(folder / COMPLETE, (when, when))
    write(tree, {"requirements.txt": "till\n"})
    assert environment(toolchain, tree).exists()
    assert [folder.exists() for folder in older] == [False, *[True] * (KEPT - 1)]


def test_what_is_cancelled_leaves_nothing(toolchain, tree, index, tmp_path):
    sdist(index, "slow", fails="import time; time.sleep(60)")
    write(tree, {"requirements.txt": "slow\n"})

    async def interrupted():
        building = asyncio.Event()

        def say(line):
            if line.startswith("building"):
                building.set()

        work = asyncio.create_task(toolchain.environment(tree, Build(), tests=False, say=say))
        await building.wait()
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work

    asyncio.run(interrupted())
    assert list((tmp_path / "home" / "tmp").iterdir()) == []
    assert not (tmp_path / "home" / "envs").exists()


@pytest.mark.network
def test_packages_of_the_index_come_with_pip_s_own_settings(tree, tmp_path, commands):
    home = tmp_path / "home"
    env = {name: value for name, value in os.environ.items() if not name.startswith("UV_")}
    toolchain = UvToolchain(home=home, env=env, commands=commands, store=FolderStore(home / "store"), ask=ask)
    write(tree, {"requirements.txt": "itsdangerous>=2\n"})
    house = wheelhouse(toolchain, tree)
    assert [one.name.split("-")[0] for one in house.app] == ["itsdangerous"]
    assert house.pip.name.startswith("pip-")
    assert printed(environment(toolchain, tree), "import itsdangerous; print('there')") == "there"


@pytest.fixture
def two_indexes(tmp_path):
    """Addresses of two simple indexes (PEP 503) on this machine: `ours` has till 1.0, `public` shop and till 9.0."""
    for place, name, version, needs in (
        ("ours", "till", "1.0", ()), ("public", "till", "9.0", ()), ("public", "shop", "1.0", ["till"]),
    ):  # fmt: skip
        made = wheel(tmp_path / "served" / place / name, name, version, requires=needs)
        (made.parent / "index.html").write_text(f'<a href="{made.name}">{made.name}</a>')
    handler = functools.partial(QuietFiles, directory=str(tmp_path / "served"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    at = f"http://127.0.0.1:{server.server_port}"
    yield f"{at}/ours/", f"{at}/public/"
    server.shutdown()
    thread.join()
    server.server_close()


class QuietFiles(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def test_a_package_comes_from_its_own_index_and_not_from_where_somebody_else_has_the_name(
    tmp_path, tree, index, commands, two_indexes
):
    ours, public = two_indexes
    online = {"UV_OFFLINE": "", "UV_NO_INDEX": "", "UV_FIND_LINKS": "", "UV_DEFAULT_INDEX": public}
    toolchain = offline_toolchain(tmp_path / "home", index, commands, **online)
    write(tree, {"Pipfile": '[packages]\nshop = "*"\ntill = "*"\n'})
    assert printed(environment(toolchain, tree), "import till; print(till.VERSION)") == "9.0"
    source = f'[[source]]\nname = "pypi"\nurl = "{public}"\n[[source]]\nname = "ours"\nurl = "{ours}"\n'
    write(tree, {"Pipfile": source + '[packages]\nshop = "*"\ntill = {version = "*", index = "ours"}\n'})
    assert printed(environment(toolchain, tree), "import till; print(till.VERSION)") == "1.0"
