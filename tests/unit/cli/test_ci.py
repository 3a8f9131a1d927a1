"""`ecluse ci`: the file, and `ecluse check` that compares it."""

import json

import pytest
import yaml
from click.testing import CliRunner

from ecluse.cli.main import cli
from support import repositories

pytestmark = pytest.mark.once  # slow, and not about Python

MANIFEST = """
[app]
name = "demo"

[processes.worker]
command = ["sleep", "600"]

[steps.lint]
command = "true"
inputs = []
"""
FILE = ".github/workflows/ecluse.yml"


@pytest.fixture
def repository(tmp_path):
    return repositories.repository(tmp_path / "repository", {"ecluse.toml": MANIFEST})[1]


@pytest.fixture
def ecluse(repository):
    def ecluse(*arguments, folder=""):
        done = CliRunner().invoke(cli, [*arguments, "--directory", str(repository / folder)])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done

    return ecluse


def document(done):
    return json.loads(done.stdout)


def test_a_dry_run_shows_what_would_be_written_and_writes_nothing(ecluse, repository):
    done = ecluse("ci", "github", "--dry-run")
    assert done.exit_code == 0
    assert "+        run: ecluse run lint --only --artifacts .ecluse/artifacts" in done.stdout
    assert document(ecluse("ci", "github", "--dry-run", "--json"))["outcome"] == "planned"
    assert not (repository / FILE).exists()


@pytest.mark.parametrize(("forge", "file"), [("github", FILE), ("gitlab", ".gitlab-ci.yml")])
def test_the_file_is_written_once(ecluse, repository, forge, file):
    assert document(ecluse("ci", forge, "--json")) | {"diff": []} == {"outcome": "written", "file": file, "diff": []}
    assert yaml.safe_load((repository / file).read_text())
    assert document(ecluse("ci", forge, "--json")) == {"outcome": "current", "file": file, "diff": []}


def test_somebody_s_own_file_is_left_alone_unless_it_is_said(ecluse, repository):
    (repository / ".gitlab-ci.yml").write_text("mine: {}\n")
    done = ecluse("ci", "gitlab", "--json")
    assert done.exit_code == 2
    assert document(done)["problems"][0]["code"] == "E025"
    assert (repository / ".gitlab-ci.yml").read_text() == "mine: {}\n"
    assert document(ecluse("ci", "gitlab", "--force", "--json"))["outcome"] == "written"


def check(ecluse, *arguments):
    done = ecluse("check", "--json", *arguments)
    return done.exit_code, {step["name"]: (step["verdict"], step["evidence"]) for step in document(done)["steps"]}


def test_check_fails_when_the_committed_file_is_out_of_date_and_says_what_to_type(ecluse, repository):
    ecluse("ci", "github")
    repositories.commit(repository, "ci: write it")
    assert check(ecluse) == (0, {"lint": ("passed", []), "ci github": ("passed", [f"{FILE} is current"])})
    more = MANIFEST + '\n[steps.types]\ncommand = "true"\n'
    repositories.commit(repository, "feat: more", {"ecluse.toml": more})
    code, told = check(ecluse)
    assert code == 1
    answer, (first, *difference) = told["ci github"]
    assert (answer, first) == ("failed", f"{FILE} is out of date: type `ecluse ci github` and commit it [E024]")
    assert "+  types:" in difference
    ecluse("ci", "github")
    assert check(ecluse)[0] == 1
    assert check(ecluse, "--dirty")[0] == 0


def test_a_file_that_is_not_ours_is_not_compared(ecluse, repository):
    repositories.commit(repository, "ci: mine", {FILE: "name: mine\n"})
    assert check(ecluse) == (0, {"lint": ("passed", [])})


def test_an_app_in_a_folder_has_a_file_of_its_own_at_the_top(ecluse, repository):
    (repository / "ecluse.toml").rename(repository / "root.toml")
    repositories.commit(repository, "feat: move", {"apps/demo/ecluse.toml": MANIFEST})
    done = ecluse("ci", "github", "--json", folder="apps/demo")
    assert document(done)["file"] == ".github/workflows/ecluse-demo.yml"
    assert (repository / ".github/workflows/ecluse-demo.yml").exists()
    refused = ecluse("ci", "gitlab", "--json", folder="apps/demo")
    assert document(refused)["problems"][0]["code"] == "E026"
