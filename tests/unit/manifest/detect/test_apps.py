"""Several apps in one repository."""

import pytest

from ecluse.manifest.detect import detect
from ecluse.manifest.detect.apps import apps_in
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
