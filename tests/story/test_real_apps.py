"""Real applications, from the package index: `init --yes` and `ship` serve them, with their own tests as a gate.

The port is the one thing that is changed: other tests run beside this one.
"""

import importlib.util
import json
import re
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from support.ports import free_port

pytestmark = [pytest.mark.network, pytest.mark.timeout(900)]

EXAMPLES = Path(__file__).parents[2] / "examples"
ECLUSE = (sys.executable, "-m", "ecluse")


@pytest.fixture(scope="module")
def real_apps():
    spec = importlib.util.spec_from_file_location("real_apps", EXAMPLES / "real_apps.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def ecluse(folder, *words, expect=0):
    done = subprocess.run([*ECLUSE, *words], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == expect, done.stdout + done.stderr
    return done


@pytest.fixture
def adopt(real_apps, tmp_path):
    """A real application after `init`; what runs of it is stopped at the end."""
    made = []

    def adopt(name):
        folder = real_apps.make(name, tmp_path / name)
        made.append(folder)
        said = json.loads(ecluse(folder, "init", "--yes", "--json").stdout)
        manifest = folder / "ecluse.toml"
        manifest.write_text(re.sub(r"(?m)^port = \d+", f"port = {free_port()}", manifest.read_text()))
        real_apps.commit(folder, "Add ecluse.toml")
        return folder, said

    yield adopt
    for folder in made:
        subprocess.run([*ECLUSE, "stop"], cwd=folder, capture_output=True, check=False)


def ship(folder):
    return json.loads(ecluse(folder, "ship", "--json").stdout)


def get(url):
    try:
        with urllib.request.urlopen(url) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, ""


def test_a_flask_application_is_served_and_its_tests_are_a_gate(adopt):
    folder, said = adopt("httpbin")
    assert "wsgi" in said["manifest"]
    shipped = ship(folder)
    assert shipped["outcome"] == "shipped"
    assert {gate["name"]: gate["verdict"] for gate in shipped["gates"]}["test"] == "passed"
    assert get(shipped["url"] + "/get")[0] == 200


def test_a_factory_of_a_framework_that_it_carries_itself_is_served(adopt):
    folder, said = adopt("pypiserver")
    assert 'app = "pypiserver:app()"' in said["manifest"]
    assert 'path = "/health"' in said["manifest"]
    assert get(ship(folder)["url"] + "/simple/")[0] == 200


@pytest.mark.full
def test_an_asgi_application_is_served_with_the_failures_that_it_has(adopt):
    folder, said = adopt("datasette")
    assert 'app = "datasette.app:Datasette().app()"' in said["manifest"]
    assert "known_failures" in said["manifest"]
    assert get(ship(folder)["url"] + "/-/versions.json")[0] == 200


def test_what_a_django_project_keeps_outlives_ships_and_rollbacks(adopt, real_apps):
    folder, said = adopt("django")
    assert {"db.sqlite3", "media/"} <= set(re.findall(r'"([^"]+)", # shop/settings', said["manifest"]))
    url = ship(folder)["url"]
    post(f"{url}/notes/", text="kept", picture=b"a picture")
    (folder / "README.md").write_text("changed\n")
    real_apps.commit(folder, "feat: change something")
    assert ship(folder)["outcome"] == "shipped"
    assert '["kept", "pictures/p.png"]' in get(f"{url}/notes/")[1]
    ecluse(folder, "rollback")
    assert '["kept", "pictures/p.png"]' in get(f"{url}/notes/")[1]
    assert get(f"{url}/picture/pictures/p.png")[1] == "a picture"


def post(url, *, text, picture):
    """One multipart form (RFC 7578)."""
    mark = "----end"
    head = 'Content-Disposition: form-data; name="picture"; filename="p.png"\r\nContent-Type: image/png'
    body = (
        f'--{mark}\r\nContent-Disposition: form-data; name="text"\r\n\r\n{text}\r\n--{mark}\r\n{head}\r\n\r\n'.encode()
        + picture
        + f"\r\n--{mark}--\r\n".encode()
    )
    headers = {"Content-Type": f"multipart/form-data; boundary={mark}"}
    with urllib.request.urlopen(urllib.request.Request(url, data=body, headers=headers)) as answer:
        assert answer.status == 201


def test_a_repository_that_is_no_app_is_told_so_and_nothing_is_written(tmp_path):
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    (tmp_path / "README.md").write_text("hello\n")
    said = json.loads(ecluse(tmp_path, "init", "--yes", "--json", expect=2).stdout)
    assert [problem["code"] for problem in said["problems"]] == ["I001"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [".git", "README.md"]


def test_a_python_that_is_not_there_is_refused_and_nothing_is_left(tmp_path):
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    (tmp_path / "main.py").write_text("from fastapi import FastAPI\napp = FastAPI()\n")
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "shop"\nversion = "1"\nrequires-python = ">=3.40"\n')
    said = json.loads(ecluse(tmp_path, "init", "--yes", "--json", expect=2).stdout)
    assert [problem["code"] for problem in said["problems"]] == ["B001"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [".git", "main.py", "pyproject.toml"]


def test_a_manifest_is_never_overwritten_unasked(tmp_path):
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    (tmp_path / "ecluse.toml").write_text("mine\n")
    done = ecluse(tmp_path, "init", "--yes", expect=2)
    assert "I003" in done.stderr
    assert (tmp_path / "ecluse.toml").read_text() == "mine\n"
