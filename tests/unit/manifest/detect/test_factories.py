"""Apps behind factories with arguments, in files of PasteDeploy, and in objects that hold them."""

import pytest

from ecluse.manifest.detect import detect
from ecluse.manifest.detect.facts import Kind, every
from ecluse.manifest.detect.tree import Tree

FACTORY = "from flask import Flask\ndef create_app(config, *, debug):\n    app = Flask('x')\n    return app\n"


def found(files, kind=Kind.WSGI):
    return [(fact.value, fact.place) for fact in every(detect(Tree.of(files)), kind)]


def test_a_factory_gets_the_arguments_that_the_repository_gives():
    files = {"shop/__init__.py": FACTORY,
             "run.py": "from shop import create_app\ndef run():\n    create_app('dev', debug=True).run()\n",
             "tests/test_a.py": "from shop import create_app\ncreate_app('testing', debug=False)\n"}  # fmt: skip
    assert found(files)[:2] == [
        ("shop:create_app('dev', debug=True)", "run.py:3"),
        ("shop:create_app('testing', debug=False)", "tests/test_a.py:2"),
    ]


def test_a_factory_gets_the_name_of_the_settings_for_developers():
    files = {
        "shop/__init__.py": FACTORY,
        "shop/config.py": "config = {'production': A, 'development': B}\n",
    }
    assert [value for value, _ in found(files)] == ["shop:create_app('development')"]


def test_a_factory_whose_arguments_nobody_gives_is_told():
    (fact,) = every(detect(Tree.of({"shop.py": FACTORY})), Kind.NEARLY)
    assert (fact.value, fact.label) == ("shop:create_app", "wants config, debug, which nothing in the repository gives")


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("from fastapi import FastAPI\nclass Api(FastAPI): ...\napp = Api()\n", "main:app"),
        ("from starlette.applications import Starlette\napp = Starlette()\n", "main:app"),
        ("from litestar import Litestar\ndef create_app() -> Litestar: ...\n", "main:create_app()"),
        ("import falcon.asgi\napp = falcon.asgi.App()\n", "main:app"),
        ("from sanic import Sanic\napp = Sanic('x')\n", "main:app"),
        ("import quart\napp = quart.Quart(__name__)\n", "main:app"),
        ("from shiny import App\napp = App(ui, server)\n", "main:app"),
    ],
)
def test_an_asgi_framework_s_app_is_found(code, value):
    assert [each for each, _ in found({"main.py": code}, Kind.ASGI)] == [value]


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("from dash import Dash\napp = Dash(__name__)\n", "main:app.server"),
        ("import web\napp = web.application(urls, globals())\n", "main:app.wsgifunc()"),
        ("import falcon\napp = falcon.App()\n", "main:app"),
        ("from bottle import Bottle\napp = Bottle()\n", "main:app"),
        ("from pyramid.config import Configurator\nwith Configurator() as config:\n    app = config.make_wsgi_app()\n",
         "main:app"),
        (("from pyramid.config import Configurator\ndef main(global_config, **settings):\n"
         "    config = Configurator(settings=settings)\n    return config.make_wsgi_app()\n"), "main:main({})"),
    ],
)  # fmt: skip
def test_a_wsgi_framework_s_app_is_found(code, value):
    assert [each for each, _ in found({"main.py": code})] == [value]


def test_a_pyramid_app_is_started_by_the_file_for_development():
    ini = "[app:main]\nuse = egg:shop\nsqlalchemy.url = sqlite:///%(here)s/shop.sqlite\n"
    files = {"development.ini": ini, "production.ini": ini, "tox.ini": "[testenv]\ndeps = x\n"}
    assert found(files) == [
        ("pyramid.paster:get_app('development.ini')", "development.ini:2"),
        ("pyramid.paster:get_app('production.ini')", "production.ini:2"),
    ]
    assert found(files, Kind.STATE) == [("shop.sqlite", "development.ini:3")]


@pytest.mark.parametrize(
    ("file", "first"),
    [("autoapp.py", "autoapp:app"), ("src/wsgi.py", "wsgi:app"), ("jobs.py", "shop.app:create_app()")],
)
def test_a_file_that_is_there_to_call_the_factory_is_the_entry_point(file, first):
    factory = "from flask import Flask\ndef create_app(name='x'):\n    app = Flask(__name__)\n    return app\n"
    base = "src/" if file.startswith("src/") else ""
    files = {f"{base}shop/__init__.py": "", f"{base}shop/app.py": factory}
    assert found({**files, file: "from shop.app import create_app\napp = create_app()\n"})[0][0] == first
