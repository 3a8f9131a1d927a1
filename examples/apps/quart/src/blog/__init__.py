from pathlib import Path
from sqlite3 import dbapi2 as sqlite3

from quart import Quart, g, request, send_from_directory

app = Quart(__name__)

app.config.update({"DATABASE": Path(app.root_path) / "blog.db", "MEDIA": Path(app.root_path) / "media"})


def run() -> None:
    app.run()


def _connect_db():
    engine = sqlite3.connect(app.config["DATABASE"])
    engine.row_factory = sqlite3.Row
    return engine


def init_db():
    db = _connect_db()
    with open(Path(app.root_path) / "schema.sql", mode="r") as file_:
        db.cursor().executescript(file_.read())
    db.commit()


def _get_db():
    if not hasattr(g, "sqlite_db"):
        g.sqlite_db = _connect_db()
    return g.sqlite_db


@app.get("/")
@app.get("/notes")
async def posts():
    rows = _get_db().execute("SELECT title FROM post ORDER BY id DESC").fetchall()
    return "<ul>" + "".join(f"<li>{row['title']}</li>" for row in rows) + "</ul>"


@app.post("/notes")
async def create():
    form, files = await request.form, await request.files
    app.config["MEDIA"].mkdir(exist_ok=True)
    await files["file"].save(app.config["MEDIA"] / files["file"].filename)
    db = _get_db()
    db.execute("INSERT INTO post (title) VALUES (?)", [form["text"]])
    db.commit()
    return "", 201


@app.get("/files/<name>")
async def media(name):
    return await send_from_directory(app.config["MEDIA"], name)
