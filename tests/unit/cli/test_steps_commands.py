"""`ecluse check`, `test` and `run`, from arguments to exit code."""

import json

import pytest
from click.testing import CliRunner

from ecluse.cli.main import cli
from support import repositories

MANIFEST = """
[app]
name = "demo"

[processes.worker]
command = ["sleep", "600"]

[steps.first]
command = ["sh", "-c", "echo first > out"]
outputs = ["out"]
group = "check"

[steps.second]
command = ["cat", "out"]
needs = ["first"]
group = "check"

[steps.broken]
command = ["sh", "-c", "echo what went wrong; exit 3"]
group = "other"
"""


@pytest.fixture
def repository(tmp_path):
    manifest = MANIFEST.replace('group = "other"', 'group = "test"')
    return repositories.repository(tmp_path / "repository", {"ecluse.toml": manifest})[1]


@pytest.fixture
def ecluse(repository):
    def ecluse(verb, *arguments):
        done = CliRunner().invoke(cli, [verb, "--directory", str(repository), *arguments])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done

    return ecluse


def document(done):
    return json.loads(done.stdout)


def verdicts(done):
    return {step["name"]: step["verdict"] for step in document(done)["steps"]}


def test_check_runs_its_group_and_answers_with_one_document(ecluse):
    done = ecluse("check", "--json")
    assert done.exit_code == 0, done.output
    assert document(done)["outcome"] == "passed"
    assert verdicts(done) == {"first": "passed", "second": "passed"}


def test_a_step_that_says_no_is_exit_1_with_its_evidence(ecluse):
    done = ecluse("test", "--json")
    assert done.exit_code == 1
    assert document(done)["steps"][0]["evidence"] == ["exit code 3", "what went wrong"]


def test_the_text_names_what_failed_why_and_the_log(ecluse):
    done = ecluse("test")
    assert done.exit_code == 1
    assert "what went wrong" in done.stdout
    assert "broken.log" in done.stdout
    assert "0 of 1 passed" in done.stdout


@pytest.mark.once
def test_a_shared_cache_that_is_away_is_a_warning_that_is_counted(ecluse, repository, tmp_path):
    shares = f'{(repository / "ecluse.toml").read_text()}\n[cache]\nshared = "{tmp_path / "away"}"\n'
    repositories.commit(repository, "ci: share", {"ecluse.toml": shares})
    told = document(ecluse("check", "--json"))
    assert (told["outcome"], told["warnings"]) == ("passed", 1)
    assert [step["name"] for step in told["steps"] if step["verdict"] == "not_checked"] == ["cache"]
    assert "2 of 2 passed, 1 warning at" in ecluse("check", "--fresh").stdout
    assert document(ecluse("check", "--json"))["warnings"] == 0, "nothing was asked of it"


def test_run_takes_names_with_their_needs_or_without(ecluse):
    assert verdicts(ecluse("run", "second", "--json")) == {"first": "passed", "second": "passed"}
    done = ecluse("run", "second", "--only", "--json")
    assert verdicts(done) == {"second": "failed"}


def test_a_dry_run_lists_the_steps_and_runs_none(ecluse, repository):
    done = ecluse("check", "--dry-run")
    assert done.exit_code == 0
    assert "would run second: cat out  (after first)" in done.stdout
    assert not (repository / ".ecluse" / "logs").exists()
    assert [step["name"] for step in document(ecluse("check", "--dry-run", "--json"))["steps"]] == ["first", "second"]


def test_a_step_that_is_not_there_is_exit_2_with_a_near_name(ecluse):
    done = ecluse("run", "secnd", "--json")
    assert done.exit_code == 2
    assert document(done)["problems"][0]["code"] == "E004"
    assert "second" in document(done)["problems"][0]["fix"]


def test_a_group_without_steps_is_not_a_pass(ecluse, repository):
    (repository / "ecluse.toml").write_text(MANIFEST.partition("[steps.broken]")[0])
    repositories.commit(repository, "feat: more")
    done = ecluse("test", "--json")
    assert done.exit_code == 2
    assert document(done)["problems"][0]["code"] == "E016"


def test_a_commit_that_is_not_there_is_exit_2(ecluse):
    done = ecluse("check", "--commit", "nope", "--json")
    assert done.exit_code == 2
    assert document(done)["problems"][0]["code"] == "C003"


def test_the_run_is_in_the_ledger(ecluse):
    ecluse("test")
    done = ecluse("events", "--json")
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [record["kind"] for record in records] == ["RunStarted", "StepEnded", "RunEnded"]
    assert records[-1]["data"]["outcome"] == "failed"


LISTED = """
[app]
name = "demo"

[processes.worker]
command = ["sleep", "600"]

[steps.test]
command = ["cp", "made.xml", "report.xml"]
group = "test"
junit = "report.xml"
known_failures = "known.txt"
"""
REPORT = '<testsuite><testcase classname="a" name="one"/><testcase classname="a" name="two"/></testsuite>'


@pytest.fixture
def suite(tmp_path):
    files = {"ecluse.toml": LISTED, "made.xml": REPORT, "known.txt": "# ours\na.one  # why\na.gone\n"}
    root = repositories.repository(tmp_path / "suite", files)[1]
    return root, lambda *words: CliRunner().invoke(cli, ["test", "--directory", str(root), *words])


def test_a_listed_failure_that_passes_is_said_at_a_commit(suite):
    root, ecluse = suite
    done = ecluse()
    assert done.exit_code == 0
    assert "passes now, though known.txt lists it: a.one" in done.stdout
    assert "a.one" in (root / "known.txt").read_text()


@pytest.mark.once
def test_it_is_taken_off_the_list_in_the_working_tree(suite):
    root, ecluse = suite
    said = document(ecluse("--dirty", "--json"))
    assert said["renewed"] == [{"file": str(root / "known.txt"), "removed": ["a.one"]}]
    assert said["steps"][0]["cured"] == ["a.one"]
    assert (root / "known.txt").read_text() == "# ours\na.gone\n"
    assert document(ecluse("--dirty", "--json"))["renewed"] == []


@pytest.mark.parametrize("option", ["--fresh", "--no-cache"])
@pytest.mark.once
def test_what_is_known_to_pass_runs_again_on_demand(ecluse, option):
    known = [step["cached"] for step in json.loads([ecluse("check"), ecluse("check", "--json")][1].stdout)["steps"]]
    assert all(known)
    assert not any(step["cached"] for step in json.loads(ecluse("check", option, "--json").stdout)["steps"])
