"""Adopted unedited: style sheets and uploads are served where another server did it, and outlive releases."""

import re
import shutil
import subprocess

import pytest

from support import repos_django, repos_front, repos_small
from support.adopted import Adopted, get, post

pytestmark = [pytest.mark.live, pytest.mark.network, pytest.mark.timeout(600)]


@pytest.fixture
def adopt(tmp_path):
    """A repository of these files, to be adopted."""
    made = []

    def adopt(files):
        made.append(Adopted(tmp_path / "shop", files))
        return made[-1]

    yield adopt
    for one in made:
        one.stop()


def test_a_django_project_has_its_style_sheets_and_keeps_its_uploads(adopt):
    shop = adopt(repos_django.FILES)
    shop.init()
    url = shop.ship()["url"]
    status, body, headers = get(f"{url}/static/admin/css/base.css")
    assert (status, headers["Content-Type"]) == (200, "text/css; charset=utf-8")
    assert get(f"{url}/static/admin/css/base.css", If_None_Match=headers["ETag"])[0] == 304
    assert b"static/admin/css/base.css" in get(f"{url}/admin/login/")[1]
    assert post(f"{url}/notes/a.txt/", b"a note") == 200
    shop.change({"README.md": "changed\n"})
    assert shop.ship()["outcome"] == "shipped"
    for _ in range(2):
        assert get(f"{url}/media/notes/a.txt")[:2] == (200, b"a note")
        assert get(f"{url}/notes/")[1] == b"notes/a.txt"
        assert get(f"{url}/static/admin/css/base.css")[1] == body
        shop.run("rollback")


def test_a_front_end_that_nobody_built_is_built_into_the_release(adopt):
    if not shutil.which("npm"):
        pytest.skip("npm isn't here")
    shop = adopt(repos_front.FILES)
    subprocess.run(["npm", "install", "--package-lock-only"], cwd=shop.folder, check=True, capture_output=True)
    shop.change({})
    said = shop.init()
    assert 'outputs = ["static/dist/"]' in said["manifest"]
    assert 'install = ["npm", "ci"]' in said["manifest"]
    url = shop.ship()["url"]
    first = script(url)
    shop.change({"src/name.js": "export const name = 'everybody'\n"})
    assert shop.ship()["outcome"] == "shipped"
    assert b"everybody" in get(f"{url}{script(url)}")[1]
    shop.run("rollback")
    assert script(url) == first
    assert b"world" in get(f"{url}{first}")[1]


def script(url):
    return re.search(r"src='([^']+)'", get(f"{url}/")[1].decode())[1]


def test_an_app_whose_assets_nobody_can_build_is_one_problem(adopt):
    files = {name: text for name, text in repos_front.FILES.items() if name != "package.json"}
    said = adopt(files).init(expect=1)
    (problem,) = said["problems"]
    assert problem["code"] == "I020"
    assert any("meta.json" in line for line in problem["evidence"])


UWSGI = "[uwsgi]\nmodule = shop.web:app\nhttp = :8080\nstatic-map = /assets=/srv/app/shop/assets\n"
FLASK = """\
from pathlib import Path

from flask import Flask, request

app = Flask(__name__)
UPLOADS = Path(__file__).parent / "assets" / "uploads"


@app.route("/")
def page():
    return "<link rel=stylesheet href=/assets/site.css>"


@app.route("/keep/<name>", methods=["POST"])
def keep(name):
    UPLOADS.mkdir(exist_ok=True)
    (UPLOADS / name).write_bytes(request.get_data())
    return "kept"
"""


def test_what_uwsgi_mapped_is_served_with_the_uploads_in_it(adopt):
    shop = adopt({"uwsgi.ini": UWSGI, "shop/__init__.py": "", "shop/web.py": FLASK, "shop/assets/site.css": "a{}",
                  "requirements.txt": "flask==3.1.0\n"})  # fmt: skip
    said = shop.init()
    assert 'static = {"/assets/" = "shop/assets/"}' in said["manifest"]
    url = shop.ship()["url"]
    assert get(f"{url}/assets/site.css")[:2] == (200, b"a{}")
    assert post(f"{url}/keep/a.txt", b"mine") == 200
    shop.change({"shop/assets/site.css": "b{}"})
    shop.ship()
    assert get(f"{url}/assets/site.css")[1] == b"b{}"
    assert get(f"{url}/assets/uploads/a.txt")[1] == b"mine"
    shop.run("rollback")
    assert get(f"{url}/assets/site.css")[1] == b"a{}"
    assert get(f"{url}/assets/uploads/a.txt")[1] == b"mine"


def test_a_command_that_drops_the_tables_is_run_for_the_first_release_only(adopt):
    shop = adopt(repos_small.FLASKR)
    said = shop.init()
    assert "flaskr.sqlite || flask --app flaskr:create_app init-db" in said["manifest"]
    url = shop.ship()["url"]
    post(f"{url}/keep/first", b"")
    shop.change({"README.md": "changed\n"})
    shop.ship()
    assert get(f"{url}/")[1] == b"<ul>first</ul>"
    shop.run("rollback")
    assert get(f"{url}/")[1] == b"<ul>first</ul>"


def test_the_health_route_that_reads_the_database_is_the_one_that_counts(adopt):
    shop = adopt(repos_small.FASTAPI)
    said = shop.init()
    assert 'path = "/api/health" # answered 200' in said["manifest"]
    assert said["reasons"]["processes.web.health.path"].endswith("and reads the database")
    url = shop.ship()["url"]
    post(f"{url}/keep/first", b"")
    assert shop.document("status", "--json")["environments"][0]["state"] == ["backend/data/"]
    assert "data that outlives releases: backend/data/" in shop.run("status").stdout
    shop.change({"README.md": "changed\n"})
    shop.ship()
    assert get(f"{url}/api/health")[1] == b'{"notes":1}'
    shop.run("rollback")
    assert get(f"{url}/api/health")[1] == b'{"notes":1}'


@pytest.mark.full
def test_files_that_pages_load_and_nobody_mapped_are_served(adopt):
    shop = adopt({"shop/__init__.py": "", "shop/web.py": FLASK, "shop/public/site.css": "a{}",
                  "requirements.txt": "flask==3.1.0\n"})  # fmt: skip
    said = shop.init()
    assert 'static = {"/assets/" = "shop/public/"} # pages load these files' in said["manifest"]
    assert get(f"{shop.ship()['url']}/assets/site.css")[:2] == (200, b"a{}")


@pytest.mark.full
def test_logs_a_secret_and_an_index_that_it_makes_for_itself_are_kept(adopt):
    shop = adopt(repos_small.KEEPER)
    shop.init()
    url = shop.ship()["url"]
    secret = get(f"{url}/")[1]
    post(f"{url}/index/word", b"")
    assert set(shop.document("status", "--json")["environments"][0]["state"]) == {
        "index/",
        "logs/",
        "secret.key",
    }
    shop.change({"README.md": "changed\n"})
    shop.ship()
    assert get(f"{url}/")[1] == secret
    assert get(f"{url}/found")[1] == b"word"
