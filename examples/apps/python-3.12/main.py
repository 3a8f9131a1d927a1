import sqlite3
from pathlib import Path

from starlette.applications import Starlette
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

type Rows = list[str]

DATABASE = Path("notes.db")
UPLOADS = Path("uploads")


def connect():
    db = sqlite3.connect(DATABASE)
    db.execute("CREATE TABLE IF NOT EXISTS note (text TEXT NOT NULL)")
    return db


def first[T](rows: list[tuple[T]]) -> list[T]:
    return [row[0] for row in rows]


def rows() -> Rows:
    return first(connect().execute("SELECT text FROM note").fetchall())


async def notes(request):
    if request.method == "GET":
        return JSONResponse(rows())
    async with request.form() as form:
        UPLOADS.mkdir(exist_ok=True)
        (UPLOADS / form["file"].filename).write_bytes(await form["file"].read())
        with connect() as db:
            db.execute("INSERT INTO note VALUES (?)", (form["text"],))
    return Response(status_code=201)


async def uploaded(request):
    return FileResponse(UPLOADS / request.path_params["name"])


app = Starlette(routes=[Route("/notes", notes, methods=["GET", "POST"]), Route("/files/{name}", uploaded)])
