"""`ecluse new` and `ecluse update` with the real copier, of a small kind; live tests have all of them."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from ecluse.cli.main import cli
from ecluse.model.problem import Exit
from ecluse.model.template import ANSWERS_FILE
from support.new_projects import NAMED, Beginner
from support.typed import at_a_terminal


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """Of one user, so that copier is fetched once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def ada(tmp_path, monkeypatch, cache):
    """Her folder; her name is known to git."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / ".gitconfig").write_text(NAMED)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    monkeypatch.delenv("ECLUSE_HOME", raising=False)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


def ecluse(*arguments):
    done = CliRunner().invoke(cli, [*arguments, "--json"])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, json.loads(done.stdout)


def git(folder, *arguments):
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def made(tmp_path_factory, cache):
    """A library, made from the first template."""
    beginner = Beginner.at(tmp_path_factory.mktemp("ada"), cache)
    said = beginner.types("new", "durations", "--kind", "library", "--template", "1.0.0")
    assert (said["outcome"], said["template"]) == ("created", "1.0.0")
    return beginner.folder / "durations"


@pytest.fixture
def durations(ada, made):
    """Hers."""
    return Path(shutil.copytree(made, ada / "durations", symlinks=True))


@pytest.mark.network
def test_a_new_project_is_a_repository_with_one_commit(durations):
    assert git(durations, "log", "--format=%an %s") == "Ada feat: begin with the template for library\n"
    assert git(durations, "status", "--porcelain") == ""
    assert (durations / "src" / "durations" / "py.typed").exists()
    assert "parse_duration" in (durations / "README.md").read_text()
    assert (durations / ".github" / "workflows" / "ecluse.yml").exists()


@pytest.mark.network
def test_what_it_was_made_from_names_no_place_of_this_machine(durations):
    answers = (durations / ANSWERS_FILE).read_text()
    assert "_commit: 1.0.0\n" in answers
    assert 'kind: "library"\n' in answers
    assert "/" not in answers.partition("\n")[2]


@pytest.mark.network
def test_what_is_found_nowhere_in_it_is_left_over_of_the_template(durations):
    files = git(durations, "ls-files", "-z").split("\0")[:-1]
    texts = {name: (durations / name).read_text() for name in files if not name.startswith(".github/")}
    assert [name for name, text in texts.items() if "{{" in text or "{%" in text or "jinja" in name] == []


@pytest.mark.network
def test_an_update_keeps_what_she_changed_and_brings_what_is_better(durations):
    readme = durations / "README.md"
    readme.write_text(readme.read_text() + "\nMine.\n")
    git(durations, "commit", "--quiet", "--all", "--message=docs: mine")
    code, planned = ecluse("update", "--dry-run", "-C", str(durations))
    assert (code, planned["outcome"], planned["from"]) == (0, "planned", "1.0.0")
    assert git(durations, "status", "--porcelain") == ""
    code, done = ecluse("update", "--to", "1.1.0", "-C", str(durations / "src"))
    assert (code, done["outcome"], done["to"]) == (0, "updated", "1.1.0")
    changed = {one["path"]: one["how"] for one in done["changes"]}
    assert changed["pyproject.toml"] == "changed"
    assert changed[".editorconfig"] == "added"
    assert "branch = true" in (durations / "pyproject.toml").read_text()
    assert readme.read_text().endswith("\nMine.\n")
    assert "_commit: 1.1.0\n" in (durations / ANSWERS_FILE).read_text()
    assert "_src_path" not in (durations / ANSWERS_FILE).read_text()
    assert done["notes"]


@pytest.mark.network
def test_where_both_changed_a_line_a_person_has_to_decide(durations):
    project = durations / "pyproject.toml"
    assert "[tool.coverage.run]\n" in project.read_text()
    project.write_text(project.read_text().replace("[tool.coverage.run]\n", "[tool.coverage.run]\nbranch = false\n"))
    git(durations, "commit", "--quiet", "--all", "--message=test: lines alone")
    code, done = ecluse("update", "--to", "1.1.0", "-C", str(durations))
    assert (code, done["outcome"]) == (Exit.NEEDS_PERSON, "conflicts")
    assert [one["path"] for one in done["changes"] if one["how"] == "conflict"] == ["pyproject.toml"]
    assert "<<<<<<< before updating" in project.read_text()
    assert "UU pyproject.toml" in git(durations, "status", "--porcelain")
    assert ".editorconfig" in git(durations, "status", "--porcelain")


@pytest.mark.network
def test_what_is_not_committed_stops_an_update(durations):
    (durations / "README.md").write_text("half")
    code, said = ecluse("update", "-C", str(durations))
    assert (code, said["problems"][0]["code"]) == (Exit.USAGE, "N012")
    assert (durations / "README.md").read_text() == "half"


def test_where_nobody_can_be_asked_a_kind_has_to_be_named(ada):
    code, said = ecluse("new", "shop")
    assert (code, said["problems"][0]["code"]) == (Exit.USAGE, "N001")
    assert list(ada.iterdir()) == []


def test_a_project_that_was_not_made_so_is_told(ada):
    git(ada, "init", "--quiet")
    code, said = ecluse("update")
    assert (code, said["problems"][0]["code"]) == (Exit.USAGE, "N010")


@pytest.mark.network
def test_a_person_at_a_terminal_is_asked_for_the_kind(ada, cache):
    env = {**os.environ, "HOME": str(ada.parent / "home"), "XDG_CACHE_HOME": str(cache)}
    with at_a_terminal(ada, env, "new", "tally", "--dry-run") as person:
        person.sees("What shall it be?")
        person.type("cli\r")
        person.sees("would make tally, a package with a command")
        assert person.ends() == 0
    assert list(ada.iterdir()) == []
