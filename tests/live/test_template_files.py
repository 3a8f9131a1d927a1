"""What the tools of others say of a new project's files; Terraform does in `test_template_terraform`."""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from ecluse.manifest.read import read
from ecluse.model.template import Kind
from ecluse.providers.uv.toolbox import UvToolbox
from ecluse.system.commands import SupervisedRunner
from support.ci import tool
from support.new_projects import Beginner

pytestmark = [pytest.mark.live, pytest.mark.network]


@pytest.fixture(scope="module")
def ada(tmp_path_factory):
    return Beginner.at(tmp_path_factory.mktemp("ada"), tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module", params=list(Kind))
def project(request, ada):
    ada.types("new", request.param, "--kind", request.param)
    return ada.folder / request.param


@pytest.fixture(scope="module")
def hadolint(tmp_path_factory):
    """Out of our own toolbox."""
    runner = SupervisedRunner()
    box = UvToolbox(
        home=tmp_path_factory.mktemp("home"), env=dict(os.environ), commands=runner, python=Path(sys.executable)
    )
    yield asyncio.run(box.program("hadolint"))
    runner.close()


def said(project, *command):
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_its_workflow_is_right_and_safe(project):
    workflow = ".github/workflows/ecluse.yml"
    assert said(project, tool("actionlint"), workflow) == (0, "")
    code, out = said(project, tool("zizmor"), "--offline", "--no-progress", "--min-severity", "medium", ".")
    assert code == 0, out
    code, out = said(project, tool("check-jsonschema"), "--builtin-schema", "vendor.github-workflows", workflow)
    assert code == 0, out


def test_its_container_is_built_as_it_should_be(project, hadolint):
    file = project / "docker" / "Dockerfile"
    if file.exists():
        assert said(project, str(hadolint), str(file)) == (0, "")


def test_its_composition_fits_the_schema(project):
    file = project / "docker" / "compose.yml"
    if file.exists():
        code, out = said(project, tool("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", str(file))
        assert code == 0, out


def test_its_playbook_can_be_read(project):
    playbook = project / "infrastructure" / "ansible" / "site.yml"
    if playbook.exists():
        code, out = said(
            playbook.parent, tool("ansible-playbook"), "--syntax-check", "-i", "inventory.example.yml", playbook.name
        )
        assert code == 0, out


def test_every_document_in_it_can_be_read(project):
    for file in project.rglob("*"):
        if file.suffix in {".yml", ".yaml"} and ".git" not in file.parts:
            assert yaml.safe_load(file.read_text())
        elif file.suffix == ".json":
            assert json.loads(file.read_text())


def test_its_scripts_are_right(project):
    shell = shutil.which("sh")
    assert said(project, shell, "-n", "scripts/lock") == (0, "")
    assert os.access(project / "scripts" / "lock", os.X_OK)


def test_what_is_set_for_this_machine_stays_on_it_and_is_read_there(project):
    """What lies in `.env` counts in production too."""
    if not (project / ".env.example").exists():
        return
    assert ".env.local" in (project / ".env.example").read_text()
    assert said(project, "git", "check-ignore", ".env", ".env.local", ".env.production")[0] == 0
    assert said(project, "git", "check-ignore", ".env.example")[0] == 1
    if "dev:" not in (project / "Makefile").read_text():
        return
    python = project / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "$GREETING"\n')
    python.chmod(0o755)
    (project / ".venv" / "whole").touch()
    (project / ".env.local").write_text("GREETING='hello again'\n")
    try:
        assert "hello again" in said(project, "make", "--silent", "dev")[1]
    finally:
        shutil.rmtree(project / ".venv")
        (project / ".env.local").unlink()


def test_the_place_that_its_manifest_proposes_is_one(project, tmp_path):
    head, mark, proposed = (project / "ecluse.toml").read_text().partition("# [environments.production]")
    if not mark:
        return
    file = tmp_path / "ecluse.toml"
    file.write_text(head + re.sub(r"(?m)^# ", "", mark + proposed))
    app = read(file, {})
    environment = app.environment("production")
    assert environment.is_remote
    for process in app.processes:
        if process.health and "ALLOWED_HOSTS" in environment.env:
            assert process.health.host in environment.env["ALLOWED_HOSTS"].split(","), "its first deploy would fail"


def test_only_a_package_has_a_licence_to_be_given_away_with(project):
    assert (project / "LICENSE").exists() is Kind(project.name).is_packaged


def test_it_names_no_place_of_this_machine_and_no_registry(project):
    files = subprocess.run(["git", "ls-files"], cwd=project, capture_output=True, text=True, check=True).stdout.split()
    for name in files:
        text = (project / name).read_text()
        assert str(project.parent) not in text
        assert not name.startswith("requirements") or "://" not in text
