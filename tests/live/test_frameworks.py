"""Small apps as people write them, from the package index's own frameworks: `init --yes` and `ship` serve them."""

import re
import subprocess
import sys
import urllib.request

import pytest

from support.ports import free_port
from support.repositories import commit, empty, write

pytestmark = [pytest.mark.live, pytest.mark.network, pytest.mark.timeout(600)]

AIOHTTP = """\
import argparse
from aiohttp import web

async def hello(request):
    return web.Response(text="aiohttp")

async def build():
    app = web.Application()
    app.router.add_get("/", hello)
    return app

def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-p", "--port", type=int, default=8080)
    web.run_app(build(), port=parser.parse_args().port)

if __name__ == "__main__":
    main()
"""
TORNADO = """\
import asyncio
import tornado.web

class Home(tornado.web.RequestHandler):
    def get(self):
        self.write("tornado")

async def main():
    tornado.web.Application([(r"/", Home)]).listen(8888)
    await asyncio.Event().wait()

if __name__ == "__main__":
    asyncio.run(main())
"""
SANIC = """\
import os
from sanic import Sanic
from sanic.response import text

KEY = os.environ["SHOP_KEY"]

def create_app() -> Sanic:
    app = Sanic("shop")

    @app.get("/")
    async def home(request):
        return text("sanic")

    return app
"""
LITESTAR = """\
from litestar import Litestar, MediaType, get

@get("/", media_type=MediaType.TEXT)
async def home() -> str:
    return "litestar"

app = Litestar([home])
"""
QUART = """\
from quart import Quart

def create_app(mode):
    app = Quart(__name__)

    @app.get("/ping")
    async def ping():
        return f"quart {mode}"

    return app
"""
FALCON = """\
import falcon

class Things:
    def on_get(self, request, response):
        response.content_type, response.text = "text/plain", "falcon"

app = falcon.App()
app.add_route("/things", Things())
"""
BOTTLE = """\
from bottle import route, run

@route("/")
def home():
    return "bottle"

run(host="localhost", port=8080)
"""
PYRAMID = """\
from pyramid.config import Configurator
from pyramid.response import Response

def main(global_config, **settings):
    with Configurator(settings=settings) as config:
        config.add_route("home", "/")
        config.add_view(lambda request: Response(settings["says"]), route_name="home")
        return config.make_wsgi_app()
"""
PYRAMID_SETUP = """\
from setuptools import setup
setup(name="blog", version="1", packages=["blog"], entry_points={"paste.app_factory": ["main = blog:main"]},
      install_requires=["pyramid", "plaster_pastedeploy", "setuptools<81"])
"""
PYRAMID_INI = "[app:main]\nuse = egg:blog\nsays = pyramid\n"

APPS = {
    "aiohttp": ({"main.py": AIOHTTP}, "/"),
    "tornado": ({"server.py": TORNADO}, "/"),
    "sanic": ({"shop/__init__.py": "", "shop/server.py": SANIC}, "/"),
    "litestar": ({"app/__init__.py": "", "app/main.py": LITESTAR}, "/"),
    "quart": ({"shop/__init__.py": QUART, "config.py": "config = {'development': 1}\n"}, "/ping"),
    "falcon": ({"app.py": FALCON}, "/things"),
    "bottle": ({"app.py": BOTTLE}, "/"),
    "pyramid": ({"setup.py": PYRAMID_SETUP, "blog/__init__.py": PYRAMID, "development.ini": PYRAMID_INI}, "/"),
}

FIRST = ("aiohttp", "tornado", "pyramid")
"""One whose port is an option, one that names it in the code, one that a file of its own configures."""


def ecluse(folder, *words):
    done = subprocess.run(
        [sys.executable, "-m", "ecluse", *words], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture
def repository(tmp_path):
    """Makes a repository; what runs of it is stopped at the end."""
    root = empty(tmp_path / "shop")

    def made(files):
        write(root, files)
        commit(root, "First commit")
        return root

    yield made
    subprocess.run([sys.executable, "-m", "ecluse", "stop"], cwd=root, capture_output=True, check=False)


@pytest.mark.parametrize(
    "name", [name if name in FIRST else pytest.param(name, marks=pytest.mark.full) for name in APPS]
)
def test_an_app_of_a_framework_is_served_unedited(repository, name):
    files, path = APPS[name]
    needs = {} if "setup.py" in files else {"requirements.txt": f"{name}\n"}
    root = repository({**files, **needs})
    ecluse(root, "init", "--yes")
    port, manifest = free_port(), root / "ecluse.toml"
    manifest.write_text(re.sub(r"(?m)^port = \d+", f"port = {port}", manifest.read_text()))
    commit(root, "Add ecluse.toml")
    ecluse(root, "ship")
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        assert answer.read().decode().startswith(name)
