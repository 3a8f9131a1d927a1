"""Projects below the root: which one an entry point belongs to, and what holds there."""

import pytest

from ecluse.loop.plan.proposing.render import render
from ecluse.loop.plan.proposing.resolve import resolve
from ecluse.manifest.detect import detect
from ecluse.manifest.detect.facts import Kind, values
from ecluse.manifest.detect.tree import Tree

NEEDS = "[project]\nname = 'web'\ndependencies = ['fastapi']\n"
CODE = "from fastapi import FastAPI\napp = FastAPI()\n"
BACKEND = {"backend/pyproject.toml": NEEDS, "backend/app/__init__.py": "", "backend/app/main.py": CODE}


def propose(files):
    return resolve(detect(Tree.of(files)), name="x")


def test_what_the_folder_of_the_app_declares_is_what_it_needs():
    proposal = propose({**BACKEND, "frontend/package.json": "{}"})
    app = proposal.app
    assert (app.name, app.build.project, app.web.folder, app.web.app) == ("web", "backend", "backend", "app.main:app")
    assert 'project = "backend" # backend/pyproject.toml' in render(proposal)


@pytest.mark.parametrize(
    ("files", "project"),
    [
        ({"pyproject.toml": "[tool.ruff]\n"}, "backend"),
        ({"pyproject.toml": "[tool.uv.workspace]\nmembers = ['backend']\n", "uv.lock": ""}, "backend"),
        ({"backend/pyproject.toml": "[tool.ruff]\n"}, "."),
        ({"backend/pyproject.toml": "[project]\nname = 'web'\n", "requirements.txt": "fastapi\n"}, "."),
        ({"backend/pyproject.toml": "[tool.ruff]\n", "backend/Pipfile": "[packages]\nfastapi = '*'\n"}, "backend"),
        ({"backend/pyproject.toml": "", "backend/setup.py": "setup(install_requires=['fastapi'])"}, "backend"),
        ({"backend/app/pyproject.toml": NEEDS}, "backend/app"),
        ({"backend/tests/pyproject.toml": NEEDS}, "backend"),
        ({"other/pyproject.toml": NEEDS}, "backend"),
    ],
)
def test_it_is_the_innermost_that_says_what_it_needs(files, project):
    assert propose({**BACKEND, **files}).app.build.project == project


def test_requirement_files_count_from_the_project():
    tests = {
        "backend/requirements-test.txt": "mock",
        "requirements-test.txt": "tox",
        "backend/tests/test_it.py": "def test_it(): ...",
    }
    build = propose({**BACKEND, **tests}).app.build
    assert build.test_requirements == ("requirements-test.txt", "pytest")


def test_what_other_projects_say_of_themselves_doesn_t_count():
    others = {"pyproject.toml": "[project]\nname='root'\n", "lib/pyproject.toml": "[project]\nname='lib'\n"}
    proposal = propose({**BACKEND, **others, "lib/lib.py": "", "backend/tests/test_it.py": "import pytest"})
    assert proposal.app.name == "web"
    alone = propose({**others, "site.py": "from flask import Flask\napp = Flask('x')\n"})
    assert (alone.app.name, alone.app.build.project) == ("root", ".")


@pytest.mark.parametrize(("build", "folder"), [("[build-system]\nrequires=['x']\n", "web"), ("", "web/src")])
def test_a_src_folder_of_an_installed_project_isn_t_where_it_runs(build, folder):
    files = {"web/pyproject.toml": NEEDS + build, "web/src/shop/__init__.py": CODE}
    assert propose(files).app.web.folder == folder


def test_projects_are_found_with_what_they_say():
    facts = detect(Tree.of({**BACKEND, "docs/pyproject.toml": NEEDS, "a/b/c/d/pyproject.toml": NEEDS}))
    assert values(facts, Kind.PROJECT) == ("backend",)
    (name,) = [fact for fact in facts if fact.kind is Kind.NAME]
    assert (name.place, name.folder) == ("backend/pyproject.toml:2", "backend")
