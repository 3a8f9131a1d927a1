"""What the forges' own tools say of the workflows that we write."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

import ecluse
from ecluse.loop.ci import github, gitlab
from ecluse.loop.ci.files import Forge, header
from ecluse.loop.ci.jobs import with_key
from support import repositories
from support.ci import MANIFEST, PUBLISHED, REVIEWS, TICKETS, app_of, tool

pytestmark = pytest.mark.live


@pytest.fixture(params=["all", "one step", "release branch", "reviews", "published", "security", "tickets", "key"])
def written(request, tmp_path):
    root = tmp_path / "repository"
    file = root / ".github" / "workflows" / "ecluse.yml"
    file.parent.mkdir(parents=True)
    small = app_of(tmp_path, MANIFEST.partition("[steps.build]")[0])
    released = app_of(tmp_path, MANIFEST.replace('"stable"', '"release/2"'))
    reviews = app_of(tmp_path, REVIEWS)
    everything = app_of(tmp_path, MANIFEST)
    published = app_of(tmp_path, MANIFEST.replace("[ci]\n", "[ci]\nrelease = true\n") + PUBLISHED)
    apps = {"all": everything, "one step": small, "release branch": released, "reviews": reviews}
    apps["security"] = app_of(tmp_path, MANIFEST + "\n[security]\n")
    apps["tickets"] = app_of(tmp_path, MANIFEST + TICKETS + 'token = "GITHUB_TOKEN"\n')
    apps["key"] = app_of(tmp_path, REVIEWS.replace("[ci]", '[ci]\nssh_key = "DEPLOY_KEY"'))
    chosen = {**apps, "published": published}[request.param]
    file.write_text(github.render(chosen, header(Forge.GITHUB)))
    (root / ".gitlab-ci.yml").write_text(gitlab.render(chosen, header(Forge.GITLAB)))
    return root


def checked(root, *command):
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


def test_actionlint_has_nothing_to_say(written):
    done = checked(written, tool("actionlint"), ".github/workflows/ecluse.yml")
    assert (done.returncode, done.stdout) == (0, "")


def test_zizmor_finds_nothing_of_medium_weight_or_more(written):
    done = checked(written, tool("zizmor"), "--offline", "--no-progress", "--min-severity", "medium", ".")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("schema", "file"), [("github-workflows", ".github/workflows/ecluse.yml"), ("gitlab-ci", ".gitlab-ci.yml")]
)
def test_the_files_fit_the_forges_schemas(written, schema, file):
    done = checked(written, tool("check-jsonschema"), "--builtin-schema", f"vendor.{schema}", Path(file))
    assert done.returncode == 0, done.stdout


PIPELINE = """
[app]
name = "demo"

[processes.worker]
command = ["sleep", "600"]

[steps.lint]
command = "true"
inputs = []

[steps.build]
command = "mkdir dist; cp source dist/made; chmod 755 dist/made; ln -s made dist/link"
outputs = ["dist/"]

[steps.test]
command = "test -x dist/link && cp made.xml report.xml && grep -q right dist/link"
needs = ["build", "lint"]
group = "test"
junit = "report.xml"

[steps.last]
command = "true"
needs = ["test"]

[steps.each]
command = "mkdir -p out/$ECLUSE_CELL; echo $DB > out/$ECLUSE_CELL/db"
outputs = ["out/{cell}"]

[steps.each.matrix]
env.DB = ["sqlite", "postgres"]

[steps.all]
command = "grep -q sqlite out/sqlite/db && grep -q postgres out/postgres/db"
needs = ["each"]

[ci]
install = "true"
"""
REPORT = '<testsuite><testcase classname="a" name="one"/></testsuite>'
ENDED = {"PASS": "passed", "FAIL": "failed"}


@pytest.fixture
def path(tmp_path):
    """Where the forge's runner finds us, and the Node.js that it came with."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "ecluse"
    program.write_text(
        f'#!/bin/sh\nPYTHONPATH={Path(ecluse.__file__).parents[1]} exec {sys.executable} -m ecluse "$@"\n'
    )
    program.chmod(0o755)
    return f"{folder}:{Path(tool('gitlab-ci-local')).parent}:{os.environ['PATH']}"


@pytest.mark.parametrize("source", ["right", "wrong"])
def test_gitlab_runs_the_same_steps_in_the_same_order_to_the_same_end(tmp_path, path, source):
    files = {"ecluse.toml": PIPELINE, "source": source, "made.xml": REPORT, ".gitignore": ".gitlab-ci-local/\n"}
    root = repositories.repository(tmp_path / "repository", files)[1]
    repositories.git(root, "remote", "add", "origin", "git@gitlab.example.com:demo/demo.git")
    env = {**os.environ, "PATH": path, "HOME": str(tmp_path)}

    def run(*command):
        return subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=False)

    run("ecluse", "ci", "gitlab")
    repositories.commit(root, "ci: write it")
    there = run("gitlab-ci-local", "--force-shell-executor", "--shell-isolation")
    here = run("ecluse", "run", "lint", "build", "test", "last", "all", "--fresh", "--json")
    steps = json.loads(here.stdout)["steps"]
    verdicts = {step["name"].replace("[", "-").rstrip("]"): step["verdict"] for step in steps}
    lines = [line.split() for line in there.stdout.splitlines()]
    ended = {line[1]: ENDED[line[0]] for line in lines if len(line) > 1 and line[0] in ENDED}
    assert ended == {name: verdict for name, verdict in verdicts.items() if verdict != "not_run"}, there.stdout
    assert (verdicts["each-sqlite"], verdicts["all"]) == ("passed", "passed")
    assert verdicts["test"] == ("passed" if source == "right" else "failed")
    assert bool(there.returncode) == bool(here.returncode) == (source == "wrong")
    began = [line[0] for line in lines if line[1:3] == ["starting", "shell"]]
    order = {name: number for number, name in enumerate(began)}
    assert max(order["lint"], order["build"]) < order["test"]
    assert max(order["each-sqlite"], order["each-postgres"]) < order["all"]
    assert ("last" in order) == (source == "right")


@pytest.fixture
def openssh():
    if not shutil.which("ssh-agent"):
        pytest.skip("ssh-agent is not here: apt-get install openssh-client")


@pytest.mark.usefixtures("openssh")
@pytest.mark.parametrize("kind", ["text", "a file"])
def test_the_key_is_in_an_agent_that_ends_with_the_command(tmp_path, kind):
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "ada", "-f", key], check=True)
    told = key.read_text().replace("\n", "\r\n")
    if kind == "a file":
        key.write_text(told)  # as everybody may read it
        key.chmod(0o666)
        told = str(key)
    env = {"PATH": os.environ["PATH"], "KEY": told, "HOME": str(tmp_path), "NUMBER": "12"}
    command = """sh -c 'ssh-add -l; echo "$NUMBER ${KEY-unset} $SSH_AGENT_PID"'"""
    ran = subprocess.run(
        ["bash", "-ec", with_key(command, "KEY")], env=env, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    first, last = ran.stdout.splitlines()
    number, variable, agent = last.split()
    assert ("ada (ED25519)" in first, number, variable) == (True, "12", "unset")
    for _ in range(200):
        if not Path(f"/proc/{agent}").exists():
            return
        time.sleep(0.1)
    pytest.fail("the agent is still there")


@pytest.mark.usefixtures("openssh")
def test_a_key_that_is_none_stops_the_job_before_it_ships(tmp_path):
    env = {"PATH": os.environ["PATH"], "KEY": "", "HOME": str(tmp_path)}
    command = with_key("touch shipped", "KEY")
    assert subprocess.run(["bash", "-ec", command], env=env, cwd=tmp_path, capture_output=True, check=False).returncode
    assert not (tmp_path / "shipped").exists()
