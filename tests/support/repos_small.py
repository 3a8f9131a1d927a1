"""Small apps, each with a trap in how its data is made or kept."""

FLASKR = {
    "requirements.txt": "flask==3.1.0\n",
    ".gitignore": "instance/\n",
    "flaskr/__init__.py": """\
import os

from flask import Flask

from flaskr import db


def create_app():
    app = Flask(__name__, instance_relative_config=True)
    app.config["DATABASE"] = os.path.join(app.instance_path, "flaskr.sqlite")
    os.makedirs(app.instance_path, exist_ok=True)
    db.init_app(app)

    @app.route("/")
    def index():
        posts = db.get_db().execute("SELECT title FROM post").fetchall()
        return "<ul>" + " ".join(post["title"] for post in posts) + "</ul>"

    @app.route("/keep/<title>", methods=["POST"])
    def keep(title):
        db.get_db().execute("INSERT INTO post (title) VALUES (?)", (title,))
        db.get_db().commit()
        return "kept"

    return app
""",
    "flaskr/db.py": """\
import sqlite3

import click
from flask import current_app, g


def get_db():
    if "db" not in g:
        g.db = sqlite3.connect(current_app.config["DATABASE"])
        g.db.row_factory = sqlite3.Row
    return g.db


def close_db(error=None):
    db = g.pop("db", None)
    if db is not None:
        db.close()


def init_db():
    with current_app.open_resource("schema.sql") as f:
        get_db().executescript(f.read().decode("utf8"))


@click.command("init-db")
def init_db_command():
    init_db()


def init_app(app):
    app.teardown_appcontext(close_db)
    app.cli.add_command(init_db_command)
""",
    "flaskr/schema.sql": "DROP TABLE IF EXISTS post;\nCREATE TABLE post (title TEXT NOT NULL);\n",
}
"""Its one command drops the tables before it makes them."""

FASTAPI = {
    "requirements.txt": "fastapi==0.115.6\n",
    "backend/main.py": """\
import sqlite3
from pathlib import Path

from fastapi import FastAPI

app = FastAPI()
DATA = Path(__file__).parent / "data"


def connect():
    DATA.mkdir(exist_ok=True)
    connection = sqlite3.connect(DATA / "notes.db")
    connection.execute("create table if not exists note (text)")
    return connection


@app.get("/ping")
def ping():
    return "pong"


@app.get("/api/health")
def health():
    with connect() as connection:
        return {"notes": connection.execute("select count(*) from note").fetchone()[0]}


@app.post("/keep/{text}")
def keep(text: str):
    with connect() as connection:
        connection.execute("insert into note values (?)", (text,))
""",
}
"""Two health routes, of which one reads the database, in a folder that git does not carry."""

KEEPER = {
    "requirements.txt": "flask==3.1.0\n",
    ".gitignore": "logs/\nsecret.key\nindex/\n",
    "shop.py": """\
import logging
import secrets
from logging.handlers import RotatingFileHandler
from pathlib import Path

from flask import Flask

HERE = Path(__file__).parent
handler = RotatingFileHandler("logs/shop.log")
logging.getLogger("shop").addHandler(handler)
KEY = HERE / "secret.key"
if not KEY.exists():
    KEY.write_text(secrets.token_hex())
app = Flask(__name__)


@app.route("/")
def page():
    return KEY.read_text()


@app.route("/index/<word>", methods=["POST"])
def index(word):
    (HERE / "index").mkdir(exist_ok=True)
    (HERE / "index" / word).touch()
    return "indexed"


@app.route("/found")
def found():
    return " ".join(path.name for path in (HERE / "index").glob("*"))
""",
}
"""A log in a folder that git does not carry, a secret that it makes for itself, an index."""
