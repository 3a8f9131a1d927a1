"""Tables that no migration makes, and what is made of the commit's files."""

import pytest

from ecluse.manifest.detect import detect
from ecluse.manifest.detect.facts import Kind, every
from ecluse.manifest.detect.tree import Tree

FLASK = (
    "from flask import Flask\nfrom flask_sqlalchemy import SQLAlchemy\napp = Flask(__name__)\ndb = SQLAlchemy(app)\n"
)
DEPLOY = (
    "from flask_migrate import Migrate, upgrade\n@app.cli.command()\ndef deploy():\n    upgrade()\n    Role.insert()\n"
)
INIT_DB = """
import sqlite3, click
def init_db():
    with open("schema.sql") as f:
        sqlite3.connect("shop.db").executescript(f.read())
@click.command("init-db")
def init_db_command():
    init_db()
def init_app(app):
    app.cli.add_command(init_db_command)
"""


def of(files, kind=Kind.MIGRATE):
    return [(fact.value, fact.label) for fact in every(detect(Tree.of(files)), kind)]


def test_a_command_that_upgrades_and_seeds_goes_before_the_plain_upgrade():
    files = {"app.py": FLASK + DEPLOY, "migrations/env.py": ""}
    assert of(files) == [("flask deploy", "flask"), ("flask db upgrade", "flask")]


def test_a_command_that_makes_the_tables_anew_is_for_the_first_time_only():
    assert of({"app.py": FLASK.replace("db =", "x ="), "shop/db.py": INIT_DB})[0] == ("flask init-db", "once")


@pytest.mark.parametrize(
    ("function", "name", "label"),
    [
        ("def create_tables():\n    db.create_all()", "create-tables", "flask"),
        ("def setup_command():\n    db.create_all()", "setup", "flask"),
        ("def reset():\n    db.drop_all()\n    db.create_all()", "reset", "once"),
        ("def seed():\n    db.create_all()\n    db.session.add(X)", "seed", "once"),
    ],
)
def test_commands_are_called_as_click_calls_them(function, name, label):
    assert of({"app.py": f"{FLASK}@app.cli.command()\n{function}\n"}) == [(f"flask {name}", label)]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"app.py": FLASK}, [("app:db", "create")]),
        ({"app.py": FLASK + "if __name__ == '__main__':\n    db.create_all()\n"}, [("app:db", "create")]),
        ({"app.py": FLASK + "with app.app_context():\n    db.create_all()\n"}, []),
        ({"app.py": FLASK + "def make():\n    db.create_all()\n"}, []),
        ({"app.py": FLASK, "make_db.py": "from app import db\ndb.create_all()\n"}, [("python make_db.py", "")]),
        ({"app.py": FLASK, "make_db.py": "from app import db\ndb.drop_all()\ndb.create_all()\n"},
         [("python make_db.py", "once")]),
        ({"app.py": FLASK, "migrations/env.py": ""}, []),
    ],
)  # fmt: skip
def test_tables_made_by_hand_are_made_by_what_makes_them(files, expected):
    assert of(files) == expected


MANAGE = 'import os\ndef main():\n    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n'


def test_translations_are_compiled_by_who_reads_them():
    po = "translations/de/LC_MESSAGES/messages.po"
    assert of({"app.py": FLASK, po: ""}, Kind.PREPARE) == [("pybabel compile -d translations", "translations")]
    assert of({"app.py": FLASK, po: "", po.replace(".po", ".mo"): ""}, Kind.PREPARE) == []
    files = {"manage.py": MANAGE, "shop/settings.py": "", "shop/locale/de/LC_MESSAGES/django.po": ""}
    assert of(files, Kind.PREPARE) == [("python manage.py compilemessages", "translations")]


def test_style_sheets_are_compressed_after_they_were_collected():
    settings = "STATIC_ROOT = 'static'\nCOMPRESS_OFFLINE = True\n"
    found = of({"manage.py": MANAGE, "shop/settings.py": settings}, Kind.PREPARE)
    assert [value for value, _ in found] == [
        "python manage.py collectstatic --noinput", "python manage.py compress --force",
    ]  # fmt: skip


PLAIN = """
import sqlite3
from flask import Flask
app = Flask(__name__)
def init_db():
    sqlite3.connect("shop.db").execute({sql!r})
if __name__ == "__main__":
    {start}
    app.run()
"""
CALLED = 'python -c "from app import init_db; init_db()"'


@pytest.mark.parametrize(
    ("sql", "start", "expected"),
    [
        ("CREATE TABLE IF NOT EXISTS item (name TEXT)", "init_db()", [(CALLED, "")]),
        ("create table if not exists item (name text)", "init_db()", [(CALLED, "")]),
        ("CREATE TABLE item (name TEXT)", "init_db()", [(CALLED, "once")]),
        ("CREATE TABLE IF NOT EXISTS item (name TEXT)", "pass", []),
        ("SELECT * FROM item", "init_db()", []),
    ],
)
def test_tables_that_only_who_starts_the_file_would_make_are_made_before_the_start(sql, start, expected):
    assert of({"app.py": PLAIN.format(sql=sql, start=start)}) == expected


def test_the_function_that_makes_them_may_lie_in_another_file_and_folder():
    database = "def make():\n    open('x').execute('CREATE TABLE IF NOT EXISTS item (name)')\n"
    app = "from flask import Flask\nimport database\napp = Flask(__name__)\n"
    app += "if __name__ == '__main__':\n    database.make()\n"
    value = 'env -C back python -c "from database import make; make()"'
    assert of({"back/app.py": app, "back/database.py": database}) == [(value, "")]


SCRIPTS = {
    "pyproject.toml": '[tool.poetry.scripts]\ninit_db = "blog:init_db"\nstart = "blog:run"\n',
    "src/blog/__init__.py": """
from pathlib import Path
from sqlite3 import dbapi2 as sqlite3
from quart import Quart
app = Quart(__name__)
app.config.update({"DATABASE": Path(app.root_path) / "blog.db"})
def connect():
    return sqlite3.connect(app.config["DATABASE"])
def init_db():
    connect().executescript((Path(app.root_path) / "schema.sql").read_text())
def run():
    app.run()
""",
}


def test_a_console_script_that_makes_the_tables_is_run_while_there_are_none():
    assert of(SCRIPTS) == [("init_db", "once")]
    assert of(SCRIPTS, Kind.STATE) == [("src/blog/blog.db", "")]


def test_of_two_console_scripts_the_one_that_serves_is_the_program():
    (command,) = of(SCRIPTS, Kind.COMMAND)
    assert "blog.run()" in command[0]
