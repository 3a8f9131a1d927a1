"""A front end as a part of the bundle. Its tools are small scripts on PATH."""

import asyncio
import json
import os
from dataclasses import replace

import pytest

from ecluse.loop.build.bundle import build
from ecluse.loop.build.node import admits, numbers
from ecluse.model.app import App, Frontend
from ecluse.model.problem import ProblemError
from ecluse.system.commands import SupervisedRunner
from support.packages import offline_toolchain
from support.repositories import commit, git, repository
from support.worlds import world

NPM = """#!/bin/sh -e
echo "$1" >> "{log}"
case $1 in
ci) test "$npm_config_registry" = https://npm.example.org/; mkdir node_modules; echo 1 > node_modules/x ;;
run) test -z "$npm_config_registry"; test -f node_modules/x; test ! -e "$HOME/.npmrc"
     mkdir -p dist/sub; cat src.js > dist/app.js; ln -s ../app.js dist/sub/l ;;
broken) echo "no such thing"; exit 3 ;;
esac
"""
FRONT = Frontend(command=("npm", "run"), install=("npm", "ci"), folder="front", outputs=("front/dist/",),
                 inputs=("front/**",))  # fmt: skip
FILES = {"front/src.js": "1\n", "app.py": ""}


@pytest.fixture(scope="module")
def commands():
    runner = SupervisedRunner()
    yield runner
    runner.close()


@pytest.fixture
def at(tmp_path, commands):
    root = repository(tmp_path / "repository", FILES)[1]
    tools = tmp_path / "tools"
    tools.mkdir()
    for name, text in {"node": "#!/bin/sh\necho v20.11.1\n", "npm": NPM.format(log=tmp_path / "log")}.items():
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    home = tmp_path / "home"
    made = world(root, home, commands, toolchain=offline_toolchain(home, tmp_path / "index", commands))
    env = {"PATH": f"{tools}:{os.environ['PATH']}", "HOME": str(tmp_path)}
    return replace(made, env={**env, "npm_config_registry": "https://npm.example.org/"})


def built(at, front=FRONT):
    app = App(name="shop", processes=(), frontend=front)
    return asyncio.run(build(app, at, commit=git(at.root, "rev-parse", "HEAD"), dirty=False))[0]


def ran(at):
    return (at.root.parent / "log").read_text().split()


def test_what_it_leaves_is_in_the_bundle_and_what_it_installed_is_not(at):
    files = {file.path: file for file in built(at).files}
    assert list(files) == ["app.py", "front/dist/app.js", "front/dist/sub/l", "front/src.js"]
    assert at.store.path(files["front/dist/app.js"].digest).read_text() == "1\n"
    assert files["front/dist/sub/l"].mode == "link"


def test_a_change_elsewhere_does_not_build_it_again_and_one_of_its_own_does(at):
    first = built(at)
    commit(at.root, "change", {"app.py": "changed"})
    assert built(at).digest != first.digest
    assert ran(at) == ["ci", "run"]
    commit(at.root, "change", {"front/src.js": "2\n"})
    built(at)
    assert ran(at) == ["ci", "run"] * 2
    commit(at.root, "change", {"front/src.js": "1\n", "app.py": ""})
    assert built(at).files == first.files


def problem(at, front):
    with pytest.raises(ProblemError) as error:
        built(at, front)
    return error.value.problems[0]


def test_one_that_fails_is_a_problem_with_its_last_words(at):
    found = problem(at, replace(FRONT, command=("npm", "broken")))
    assert found.code == "B061"
    assert found.evidence[-1] == "no such thing"


def test_an_output_that_is_not_there_is_a_problem(at):
    assert problem(at, replace(FRONT, outputs=("front/other/",))).code == "B062"


def test_tools_that_are_not_there_are_a_problem_that_says_what_is(at):
    found = problem(at, replace(FRONT, node=">=99"))
    assert (found.code, found.evidence[0]) == ("B060", "found Node.js v20.11.1")
    assert "npm with Node.js >=99" in found.what
    assert problem(at, replace(FRONT, install=("no-such-tool", "x"))).code == "B060"


def test_what_was_kept_and_is_damaged_is_built_again(at):
    built(at)
    (entry,) = (at.home / "cache" / "frontends").iterdir()
    entry.write_text(json.dumps([["front/dist/app.js", "file", "0" * 64]]))
    commit(at.root, "change", {"app.py": "changed"})
    built(at)
    assert ran(at) == ["ci", "run"] * 2


@pytest.mark.parametrize(
    ("wanted", "version", "expected"),
    [("", "20.1.0", True), ("20", "20.11.1", True), ("20", "18.2.0", False), (">=18", "20.0.0", True),
     (">=18 <20", "20.0.0", False), ("^18 || ^20", "20.3.0", True), ("^18.5", "18.4.0", False),
     ("~18.5.1", "18.5.9", True),
     ("18.x", "18.7.0", True), ("lts/*", "20.0.0", True), (">18", "18.5.0", False), ("<=20", "20.9.0", True)],
)  # fmt: skip
def test_a_range_of_versions_is_understood(wanted, version, expected):
    assert admits(wanted, numbers(version)) == expected
