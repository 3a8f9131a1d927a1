"""Which files the original server sent without asking the app."""

import pytest

from ecluse.manifest.detect import detect
from ecluse.manifest.detect.facts import Kind, every, values
from ecluse.manifest.detect.tree import Tree

APP = {"app.py": "from flask import Flask\napp = Flask(__name__)\n", "shop/static/a.css": ""}


def mounts(files):
    return {fact.value: fact.label for fact in reversed(every(detect(Tree.of(files)), Kind.STATIC))}


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("uwsgi.ini", "[uwsgi]\nstatic-map = /static=/app/shop/static\n"),
        ("deploy/uwsgi.ini", "[uwsgi]\nbase = /srv\nstatic-map=/static = %(base)/shop/static\n"),
        ("Procfile", "web: uwsgi --http :$PORT --static-map /static=shop/static -w app:app\n"),
        ("compose.yaml", "services:\n  web:\n    command: uwsgi --static-map=/static=/code/shop/static\n"),
        ("deploy/nginx.conf", "server { location /static/ { alias /app/shop/static/; } }"),
        ("nginx/site.conf", "server {\n  location ^~ /static { expires 1d; alias '/app/shop/static'; } # x\n}"),
        (
            "Caddyfile",
            "example.org {\n  handle_path /static/* {\n    root * /srv/shop/static\n    file_server\n  }\n}\n",
        ),
        ("apache/site.conf", "<VirtualHost *:80>\n  Alias /static/ /srv/shop/static/\n</VirtualHost>\n"),
    ],
)
def test_a_mapping_is_found_wherever_it_stands(file, text):
    assert mounts({**APP, file: text}) == {"/static/": "shop/static/"}


@pytest.mark.parametrize(
    "text",
    [
        "server { location / { proxy_pass http://web; } }",
        "server { location ~ ^/static/ { alias /app/shop/static/; } }",
        "server { location /static/ { alias /usr/share/nothing/; } }",
        "server { location /static/ { root $base; } }",
        "server { root /app/shop; location /static/ { proxy_pass http://web; } }",
        "location {",
        "} } location /static/ { alias /app/shop/static",
    ],
)
def test_what_is_no_mapping_is_none(text):
    assert mounts({**APP, "nginx.conf": text}) == {}


def test_a_root_has_the_prefix_in_it():
    assert mounts({**APP, "nginx.conf": "server { root /app/shop; location /static/ { } }"}) == {
        "/static/": "shop/static/"
    }
    text = "x {\n  handle /static/* {\n    root * /srv/shop\n    file_server\n  }\n}\n"
    assert mounts({**APP, "Caddyfile": text}) == {"/static/": "shop/static/"}


def test_one_file_is_mapped_by_its_path():
    text = "server { location = /robots.txt { alias /app/shop/robots.txt; } }"
    assert mounts({**APP, "shop/robots.txt": "", "nginx.conf": text}) == {"/robots.txt": "shop/robots.txt"}


MANAGE = 'import os\ndef main():\n    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n'
SETTINGS = """
from pathlib import Path
BASE_DIR = Path(__file__).resolve().parent.parent
INSTALLED_APPS = ["django.contrib.staticfiles"]
WSGI_APPLICATION = "shop.wsgi.application"
STATIC_URL = "static/"
MEDIA_URL = "/media/"
MEDIA_ROOT = BASE_DIR / "media"
"""
ROOT = 'STATIC_ROOT = BASE_DIR / "collected"\n'
URLS = "from django.conf.urls.static import static\nurlpatterns = static(settings.MEDIA_URL, document_root=X)\n"


def django(settings=SETTINGS, **more):
    return {"manage.py": MANAGE, "shop/settings.py": settings, **more}


def test_django_s_style_sheets_are_served_from_where_they_are_collected():
    assert mounts(django(SETTINGS + ROOT)) == {"/static/": "collected/"}


def test_a_project_that_does_not_say_where_has_them_collected_all_the_same():
    files = django()
    assert mounts(files) == {"/static/": "collected-static/"}
    (command,) = values(detect(Tree.of(files)), Kind.PREPARE)
    assert command.startswith("DJANGO_SETTINGS_MODULE=shop.settings python -c ")
    assert "STATIC_ROOT = 'collected-static'" in command


def test_in_a_folder_they_are_collected_beside_it():
    files = {f"src/{name}": text for name, text in django().items()}
    assert mounts(files) == {"/static/": "collected-static/"}
    (command,) = values(detect(Tree.of(files)), Kind.PREPARE)
    assert command.startswith("cd src && ")
    assert "'../collected-static'" in command


@pytest.mark.parametrize(
    "more",
    ['MIDDLEWARE = ["whitenoise.middleware.WhiteNoiseMiddleware"]\n', 'STATIC_URL = "https://cdn.example.org/"\n'],
)
def test_what_serves_its_style_sheets_already_is_left_alone(more):
    assert mounts(django(SETTINGS + ROOT + more)) == {}


def test_uploads_are_served_where_the_development_server_serves_them():
    assert mounts(django(SETTINGS + ROOT, **{"shop/urls.py": URLS})) == {"/static/": "collected/", "/media/": "media/"}


def test_a_web_server_s_place_of_uploads_is_found_though_git_does_not_carry_it():
    text = "server { location /media/ { alias /vol/web/media/; } }"
    assert mounts(django(SETTINGS + ROOT, **{"nginx.conf": text}))["/media/"] == "media/"
