"""A project in a copy, and what goes back from it."""

import asyncio
import os

import pytest
import yaml

from ecluse.model.template import ANSWERS_FILE, Changed, How
from ecluse.providers.copier.project import Copied, Stage, changes, digests, put, record_conflicts
from ecluse.providers.git.program import Git
from ecluse.providers.git.source import GitSource
from support import repositories

TEMPLATE = "/home/ada: #1/template.git"
FILES = {ANSWERS_FILE: "_commit: 1.0.0\nkind: cli\n", "a": "one\n", "b/c": "two\n", ".gitignore": "mine\n"}


@pytest.fixture
def project(tmp_path):
    return repositories.repository(tmp_path / "shop", FILES)[1]


@pytest.fixture
def copied(project, tmp_path, commands):
    source = GitSource(project, commands, dict(os.environ))
    made = Copied(tmp_path / "copy", Git(tmp_path / "copy", commands, {"PATH": os.environ["PATH"]}))
    asyncio.run(made.make(source, asyncio.run(source.resolve("HEAD")), TEMPLATE))
    return made


def test_the_copy_says_where_the_template_lies_and_the_project_never_does(copied, project):
    assert yaml.safe_load((copied.folder / ANSWERS_FILE).read_text())["_src_path"] == TEMPLATE
    assert (project / ANSWERS_FILE).read_text() == FILES[ANSWERS_FILE]


def test_each_file_that_differs_is_named_with_what_happened(copied, project):
    (copied.folder / ANSWERS_FILE).write_text(FILES[ANSWERS_FILE])
    (copied.folder / "a").write_text("ONE\n")
    (copied.folder / "b" / "c").unlink()
    (copied.folder / "new").write_text("new\n")
    (copied.folder / "mine").write_text("theirs\n")
    (project / "mine").write_text("mine\n")
    found = changes(copied, project, frozenset())
    assert {one.path: one.how for one in found} == {
        "a": How.CHANGED, "b/c": How.REMOVED, "new": How.ADDED, "mine": How.KEPT,
    }  # fmt: skip
    put(found, copied.folder, project)
    assert (project / "a").read_text() == "ONE\n"
    assert not (project / "b" / "c").exists()
    assert (project / "new").read_text() == "new\n"
    assert (project / "mine").read_text() == "mine\n"


def test_a_program_stays_one(copied, project):
    (copied.folder / "run").write_text("#!/bin/sh\n")
    (copied.folder / "run").chmod(0o755)
    put([Changed(path="run", how=How.ADDED)], copied.folder, project)
    assert os.access(project / "run", os.X_OK)


def test_a_file_that_becomes_a_program_has_changed(tmp_path):
    (tmp_path / "run").write_text("")
    before = digests(tmp_path)
    (tmp_path / "run").chmod(0o755)
    assert digests(tmp_path) != before


@pytest.mark.parametrize("folder", [".", "apps/shop"])
def test_git_refuses_a_commit_with_a_conflict_in_it(tmp_path, commands, folder):
    _, top = repositories.repository(tmp_path / "top", {f"{folder}/a": "one\n"})
    there = Git(repositories.empty(tmp_path / "there"), commands, {"PATH": os.environ["PATH"]})
    blobs = [
        repositories.git(there.folder, "hash-object", "-w", "--stdin", input=text) for text in ("0\n", "1\n", "2\n")
    ]
    stages = [Stage(mode="100644", object=name, number=at, path="a") for at, name in enumerate(blobs, 1)]
    asyncio.run(record_conflicts(stages, there, Git(top / folder, commands, dict(os.environ))))
    assert repositories.git(top, "status", "--porcelain").startswith("UU ")
    assert repositories.git(top / folder, "show", ":3:./a") == "2"
