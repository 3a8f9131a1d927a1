"""Several apps in one repository."""

import pytest

from ecluse.manifest.detect import detect
from ecluse.manifest.detect.apps import apps_in, beside
from ecluse.manifest.detect.facts import Kind, first
from ecluse.manifest.detect.tree import Tree

FLASK = "from flask import Flask\napp = Flask('x')\n"
NEEDS = "[project]\nname = 'x'\ndependencies = ['flask']\n"
SHOP = {"services/shop/app.py": FLASK, "services/shop/requirements.txt": "flask\n"}
ADMIN = {"admin/main.py": FLASK, "admin/pyproject.toml": NEEDS}


def found(*files):
    tree = Tree.of({path: text for part in files for path, text in part.items()})
    return apps_in(detect(tree), tree.paths)


def test_each_folder_that_runs_by_itself_is_an_app():
    assert found(SHOP, ADMIN) == ("admin", "services/shop")


def test_two_django_projects_are_two_apps():
    project = {}
    for name in ("one", "two"):
        project[f"{name}/manage.py"] = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site.settings')\n"
        project[f"{name}/site/settings.py"] = "WSGI_APPLICATION = 'site.wsgi.application'\n"
    assert found(project) == ("one", "two")


@pytest.mark.parametrize(
    "files",
    [
        SHOP,
        {**SHOP, "app.py": FLASK, "requirements.txt": "flask"},
        {**SHOP, "worker/requirements.txt": "redis", "worker/run.py": "print()"},
        {**SHOP, "services/shop/plugin/setup.py": "setup(name='p')", "services/shop/plugin/p.py": FLASK},
        {**SHOP, "examples/one/app.py": FLASK, "examples/one/requirements.txt": "flask"},
        {"app/main.py": FLASK, "app/other.py": FLASK, "requirements.txt": "flask"},
        {**SHOP, "admin/main.py": FLASK},
    ],
)
def test_one_app_with_whatever_lies_beside_it_is_one(files):
    assert found(files) == ()


LOOP = "def main():\n    pass\n\n\nif __name__ == '__main__':\n    main()\n"


def left_out(files):
    facts = detect(Tree.of(files))
    return [(fact.folder, fact.value, fact.place) for fact in beside(facts, first(facts, Kind.WSGI))]


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"requirements.txt": "redis", "worker.py": LOOP}, ("python worker.py", "mailer/worker.py:5")),
        ({"Procfile": "worker: python send.py\n", "send.py": ""}, ("python send.py", "mailer/Procfile:1")),
        (
            {"pyproject.toml": NEEDS.replace("x", "m"), "m/__init__.py": "", "m/send.py": LOOP},
            ("python -m m.send", "mailer/m/send.py:5"),
        ),
        (
            {"requirements.txt": "celery", "jobs.py": "from celery import Celery\napp = Celery('x')\n"},
            ("celery -A jobs worker", "mailer/jobs.py:2"),
        ),
    ],
)
def test_a_folder_that_runs_by_itself_beside_the_app_is_left_out(files, told):
    assert left_out({**SHOP, **{f"mailer/{path}": text for path, text in files.items()}}) == [("mailer", *told)]


@pytest.mark.parametrize(
    "files",
    [
        {"mailer/worker.py": LOOP},  # nothing of its own: a part of the app
        {"services/shop/jobs/requirements.txt": "redis", "services/shop/jobs/worker.py": LOOP},
        {"examples/mailer/requirements.txt": "redis", "examples/mailer/worker.py": LOOP},
        {"requirements.txt": "shop-core", "core/pyproject.toml": "[project]\nname='Shop_Core'\n", "core/x.py": LOOP},
        {"mailer/requirements.txt": "redis", "mailer/send.py": "def send(): pass\n"},
    ],
)
def test_what_is_a_part_of_the_app_or_runs_not_is_not_left_out(files):
    assert left_out({**SHOP, **files}) == []
